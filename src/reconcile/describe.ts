import { maxSchedulerBytes } from "../ipvs/constants.ts";
import type { IpvsOp } from "../ipvs/ipvs.ts";
import type { EventFields } from "../log/events/events.ts";
import { type RowPlace, rowPlace } from "../log/events/fields.ts";
import type { Logger } from "../log/logger.ts";
import { type Endpoint, formatEndpoint, formatHost, sameEndpoint } from "../model/address.ts";
import type { FallbackServer, RealServer } from "../model/real-server.ts";
import { type ServiceKey, serviceName, type VirtualService } from "../model/virtual-service.ts";
import { opKey } from "./after-ops.ts";
import { type Drift, describeSide } from "./observe/drift.ts";
import { type DesiredDest, type DesiredService, rowsByEndpoint, tableEndpoint } from "./rows.ts";
import type { TrackedService } from "./tracked-service.ts";

type Written =
  | "real-added"
  | "real-restored"
  | "real-quiesced"
  | "real-quiesced-maintenance"
  | "real-readded-quiescent"
  | "fallback-added"
  | "fallback-restored";
type Removed =
  | "real-deleted"
  | "real-deleted-maintenance"
  | "real-purged-start"
  | "real-purged-stop"
  | "fallback-deleted";
type RowEvent = Written | Removed;

/** What became of one row of a virtual service, as the log has it. */
export interface RowChange {
  readonly name: RowEvent;
  readonly fields: EventFields<RowEvent>;
  /** The row's place in the table. */
  readonly row: Endpoint;
  /** The real server, as the file writes it, that lost its row or its weight by this. */
  readonly lost: Endpoint | undefined;
}

/** Who hears of what is done. */
export interface Listener {
  readonly log: Logger;
  /** After the log has it. */
  readonly onRow: (virtual: VirtualService, change: RowChange) => void;
  /** A service has been looked at anew, and brought to what it should be as far as the kernel would. */
  readonly onBrought: (service: Readonly<TrackedService>) => void;
}

export function tellRow<N extends RowEvent>(
  { log, onRow }: Listener,
  virtual: VirtualService | undefined,
  name: N,
  fields: EventFields<N>,
  of: Pick<RowChange, "row" | "lost">,
): void {
  log.event(name, fields);
  if (virtual !== undefined) onRow(virtual, { name, fields, ...of });
}

/** What the log has to know of the service that an op changed. */
export interface Context {
  /** undefined: no longer in the file. */
  readonly virtual: VirtualService | undefined;
  /** By the kernel's endpoint: the row wanted before this change, and now. */
  readonly beforeAt: (text: string) => DesiredDest | undefined;
  readonly afterAt: (text: string) => DesiredDest | undefined;
  /** The real server that the file has at a kernel's endpoint. */
  readonly realAt: (text: string) => RealServer | undefined;
  /** An operator has it out: maintenance, or a drain. @param real as the file writes it */
  readonly isPlanned: (real: Endpoint) => boolean;
}

/** @param before the rows wanted before this change @param after those wanted now */
export function contextOf(
  virtual: VirtualService | undefined,
  before: DesiredService | undefined,
  after: DesiredService | undefined,
  isPlanned: (real: Endpoint) => boolean,
): Context {
  return {
    virtual,
    beforeAt: onceAsked(() => rowsByEndpoint(before)),
    afterAt: onceAsked(() => rowsByEndpoint(after)),
    realAt: onceAsked(() => realsByRow(virtual)),
    isPlanned,
  };
}

/** Of a service of thousands none is made in vain. */
function onceAsked<T>(make: () => ReadonlyMap<string, T>): (text: string) => T | undefined {
  let made: ReadonlyMap<string, T> | undefined;
  return (text) => {
    made ??= make();
    return made.get(text);
  };
}

/** Of several lines for one row, the first. */
function realsByRow(virtual: VirtualService | undefined): ReadonlyMap<string, RealServer> {
  if (virtual === undefined) return new Map();
  const backwards = virtual.reals.toReversed();
  return new Map(backwards.map((real) => [formatEndpoint(tableEndpoint(virtual.key, real)), real]));
}

/** Says that `op` is done, in the original's words. */
export function tellDone(to: Listener, op: IpvsOp, context: Context): void {
  const virtual = opKey(op);
  switch (op.kind) {
    case "add-service":
      to.log.event("virtual-added", { virtual });
      break;
    case "set-service":
      to.log.event("virtual-changed", { virtual });
      break;
    case "delete-service":
      to.log.event("virtual-purged-start", { virtual });
      break;
    case "add-dest":
    case "set-dest":
      tellWritten(to, op, virtual, context);
      break;
    case "delete-dest":
      tellDeleted(to, op.endpoint, virtual, context);
  }
}

function tellWritten(
  to: Listener,
  op: IpvsOp & { kind: "add-dest" | "set-dest" },
  virtual: ServiceKey,
  context: Context,
): void {
  const { endpoint, weight } = op.dest;
  const row = context.afterAt(formatEndpoint(endpoint));
  const isNew = op.kind === "add-dest";
  const asWritten = row?.real ?? endpoint;
  const tell = (name: Written, real: RowPlace = asWritten, lost?: Endpoint) =>
    tellRow(to, context.virtual, name, { real, virtual, weight }, { row: endpoint, lost });
  if (row?.standing === "fallback") {
    tell(isNew ? "fallback-added" : "fallback-restored");
  } else if (row?.standing === "up" || weight > 0) {
    tell(isNew ? "real-added" : "real-restored");
  } else if (isNew && row?.standing !== "drained") {
    tell("real-readded-quiescent", asWritten, asWritten);
  } else {
    const isPlanned = row?.standing === "maintenance" || row?.standing === "drained";
    const name = isPlanned ? "real-quiesced-maintenance" : "real-quiesced";
    tell(name, rowPlace(endpoint, row?.real), asWritten);
  }
}

function tellDeleted(
  to: Listener,
  endpoint: Endpoint,
  virtual: ServiceKey,
  context: Context,
): void {
  const text = formatEndpoint(endpoint);
  const real = context.realAt(text);
  const fallback = context.virtual?.fallback;
  const isFallback = fallback !== undefined && isAt(endpoint, fallback, context);
  const wasFallback = context.beforeAt(text)?.standing === "fallback";
  const tell = (name: Removed, asWritten?: Endpoint, lost?: Endpoint) => {
    const fields = { real: rowPlace(endpoint, asWritten), virtual };
    tellRow(to, context.virtual, name, fields, { row: endpoint, lost });
  };
  if (isFallback && (wasFallback || real === undefined)) {
    tell("fallback-deleted", fallback.endpoint);
  } else if (real !== undefined) {
    const isPlanned = context.isPlanned(real.endpoint);
    const name = isPlanned ? "real-deleted-maintenance" : "real-deleted";
    tell(name, real.endpoint, real.endpoint);
  } else {
    tell("real-purged-start");
  }
}

const isAt = (endpoint: Endpoint, server: FallbackServer, { virtual }: Context): boolean =>
  virtual !== undefined && sameEndpoint(endpoint, tableEndpoint(virtual.key, server));

export function logDrift(log: Logger, drift: Drift, virtual: ServiceKey): void {
  log.event("drift-found", {
    virtual,
    row: drift.of === "service" ? "virtual service" : drift.endpoint,
    before: describeSide(drift.before),
    after: describeSide(drift.after),
  });
}

/** What was asked of the kernel, for `table-change-failed`: "IPVS refused to …". */
export function describeChange(op: IpvsOp): string {
  const virtual = serviceName(opKey(op));
  switch (op.kind) {
    case "add-service":
      return `add virtual service ${virtual} with scheduler ${op.service.scheduler}`;
    case "set-service":
      return `change virtual service ${virtual} to scheduler ${op.service.scheduler}`;
    case "delete-service":
      return `delete virtual service ${virtual}`;
    case "add-dest":
      return `add real server ${placeOf(op.dest.endpoint)} to ${virtual}`;
    case "set-dest":
      return `change real server ${placeOf(op.dest.endpoint)} of ${virtual} to weight ${op.dest.weight}`;
    case "delete-dest":
      return `delete real server ${placeOf(op.endpoint)} from ${virtual}`;
  }
}

/** Port 0 is that of a row without one. */
const placeOf = (endpoint: Endpoint): string =>
  endpoint.port === 0 ? formatHost(endpoint.address) : formatEndpoint(endpoint);

/** The kernel's word for it, made plain where a bare errno would mislead. */
export function describeErrno(op: IpvsOp, errno: string): string {
  if (op.kind === "add-service" || op.kind === "set-service") {
    if (Buffer.byteLength(op.service.scheduler) > maxSchedulerBytes) {
      return `no scheduler's name has more than ${maxSchedulerBytes} letters`;
    }
    if (errno === "ENOENT") return "no such scheduler module";
  }
  if (errno === "LOST") return "no answer";
  return errno;
}
