import type { TableRow } from "../ipvs/ipvs.ts";
import {
  type FallbackState,
  type ServiceKey,
  serviceId,
  type VirtualService,
} from "../model/virtual-service.ts";
import { desired, type Inputs, standingOf } from "./desired.ts";
import { afterReload, type ManualEdits, stillCounting } from "./observe/manual-edits.ts";
import { outageEvent, type Usable, usableOf } from "./outage.ts";
import type { DesiredService, Standing } from "./rows.ts";

/** All that is remembered of one virtual service of ours. */
export interface TrackedService {
  readonly id: string;
  readonly key: ServiceKey;
  /** undefined: the configuration before named it, this one does not; it is to be deleted. */
  virtual: VirtualService | undefined;
  /** The rows as last asked of the kernel. */
  wanted: DesiredService | undefined;
  /** The rows as last read or written. */
  actual: TableRow | undefined;
  /** An answer was lost or made no sense: `actual` may be wrong until the next look. */
  isInDoubt: boolean;
  edits: ManualEdits | undefined;
  /** Epoch milliseconds: when another hand's doing was last found; */
  driftAt: number | undefined;
  /** and from when on the fallback server has had the traffic, or not. */
  fallbackSince: number | undefined;
  /** What fallbackcommand was last told. */
  fallback: FallbackState | undefined;
  /** undefined: not every server has been asked yet. */
  usable: Usable | undefined;
  /** Changes that the kernel refuses just now, as the log named them; true: it has taken them since. */
  readonly refused: Map<string, boolean>;
}

export const newlyTracked = (id: string, key: ServiceKey): TrackedService => ({
  id,
  key,
  virtual: undefined,
  wanted: undefined,
  actual: undefined,
  isInDoubt: false,
  edits: undefined,
  driftAt: undefined,
  fallbackSince: undefined,
  fallback: undefined,
  usable: undefined,
  refused: new Map(),
});

/** All its parts but `refused` are replaced, never changed. */
export const copied = (tracked: TrackedService): TrackedService => ({
  ...tracked,
  refused: new Map(tracked.refused),
});

/** One service's next step, fixed before the kernel is asked: a reload meanwhile does not alter it. */
export interface ServiceUpdate {
  readonly tracked: TrackedService;
  readonly virtual: VirtualService | undefined;
  readonly before: DesiredService | undefined;
  readonly after: DesiredService | undefined;
  /** Set when fallbackcommand is to be told. */
  readonly edge: FallbackState | undefined;
  /** Set when the service has lost its last server, or has one again. */
  readonly outage: ReturnType<typeof outageEvent>;
}

/** Works out what the service should be now, and remembers it in `tracked`. @param now epoch milliseconds */
export function nextUpdate(
  tracked: TrackedService,
  shared: Omit<Inputs, "edits" | "found">,
  now: number,
): ServiceUpdate {
  const { virtual, wanted: before } = tracked;
  if (virtual === undefined) {
    tracked.wanted = undefined;
    return {
      tracked: tracked,
      virtual,
      before,
      after: undefined,
      edge: undefined,
      outage: undefined,
    };
  }
  const inputs = { ...shared, ...(tracked.actual && { found: tracked.actual.dests }) };
  const plain = desired(virtual, inputs);
  tracked.edits = stillCounting(tracked.edits, plain);
  tracked.wanted =
    tracked.edits === undefined ? plain : desired(virtual, { ...inputs, edits: tracked.edits });
  if (before?.isFallbackOn !== plain.isFallbackOn) tracked.fallbackSince = now;
  const state = plain.isFallbackOn ? "start" : "stop";
  const edge = state === tracked.fallback ? undefined : state;
  tracked.fallback = state;
  const standings = (): readonly Standing[] =>
    virtual.reals.map((real) => standingOf(inputs.view, tracked.id, real.endpoint));
  // Most of the time one is up, and thousands need not be looked at for it.
  const usable = plain.isFallbackOn ? usableOf(standings(), tracked.usable) : "some";
  const outage = outageEvent(tracked.usable, usable);
  tracked.usable = usable;
  return { tracked: tracked, virtual, before, after: tracked.wanted, edge, outage };
}

/**
 * From now on these, in their order; behind them those of before that are not named any more. Forgets what
 * fallbackcommand was told, and edits of what is said otherwise now.
 * @param before by `serviceId`; its values go on
 * @param found what the table holds of services that are named for the first time
 */
export function servicesFollowing(
  virtuals: readonly VirtualService[],
  before: ReadonlyMap<string, TrackedService>,
  found: readonly TableRow[],
): Map<string, TrackedService> {
  const services = new Map<string, TrackedService>();
  for (const virtual of virtuals) {
    const id = serviceId(virtual.key);
    const tracked = before.get(id) ?? newlyTracked(id, virtual.key);
    tracked.edits = afterReload(tracked.edits, tracked.virtual, virtual);
    tracked.virtual = virtual;
    tracked.fallback = undefined;
    services.set(id, tracked);
  }
  for (const [id, tracked] of before) {
    if (services.has(id)) continue;
    tracked.virtual = undefined;
    tracked.refused.clear();
    services.set(id, tracked);
  }
  for (const row of found) {
    const tracked = services.get(serviceId(row.service.key));
    if (tracked !== undefined) tracked.actual = row;
  }
  return services;
}
