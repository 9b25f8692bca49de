import type { TableRow } from "../ipvs/ipvs.ts";
import type { ServiceKey, VirtualService } from "../model/virtual-service.ts";
import type { ManualEdits } from "./observe/manual-edits.ts";
import type { Usable } from "./outage.ts";
import type { DesiredService } from "./rows.ts";
import type { TrackedService } from "./tracked-service.ts";

export interface ServiceSnapshot {
  readonly virtual: VirtualService;
  readonly desired: DesiredService;
  /** What another hand did, as far as it is respected. */
  readonly edits: ManualEdits | undefined;
  /** Epoch milliseconds: when another hand's doing was last found. */
  readonly driftAt: number | undefined;
  /** Epoch milliseconds: from when on `desired.isFallbackOn` is as it is. */
  readonly fallbackSince: number | undefined;
  /** As last read or written. */
  readonly observed: TableRow | undefined;
  /** Changes that the kernel refuses just now. */
  readonly refused: readonly string[];
  /** Whether any real server can be used; undefined while that is not known. */
  readonly usable: Usable | undefined;
}

/** A service that the configuration before named, and this one does not. */
export interface LeavingService {
  readonly key: ServiceKey;
  readonly observed: TableRow;
  readonly refused: readonly string[];
}

/** Those that the configuration names, in its order. */
export const servicesShown = (services: Iterable<TrackedService>): readonly ServiceSnapshot[] =>
  [...services].flatMap(({ virtual, wanted: desired, actual: observed, refused, ...rest }) => {
    if (virtual === undefined || desired === undefined) return [];
    const { usable, edits, driftAt, fallbackSince } = rest;
    const more = { usable, edits, driftAt, fallbackSince };
    return [{ virtual, desired, observed, refused: [...refused.keys()], ...more }];
  });

/** Those that it does not name any more, and that are still in the table. */
export const leavingShown = (services: Iterable<TrackedService>): readonly LeavingService[] =>
  [...services].flatMap(({ key, virtual, actual: observed, refused }) =>
    virtual !== undefined || observed === undefined
      ? []
      : [{ key, observed, refused: [...refused.keys()] }],
  );
