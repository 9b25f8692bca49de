import type { IpvsOp } from "../ipvs/ipvs.ts";
import type { Logger } from "../log/logger.ts";
import { type Endpoint, formatEndpoint, sameEndpoint } from "../model/address.ts";
import { serviceName, type VirtualService } from "../model/virtual-service.ts";
import { opKey } from "./after-ops.ts";
import { type DesiredDest, tableEndpoint } from "./desired.ts";
import { type Drift, describeSide } from "./drift.ts";

/** What the log has to know of the service that an op changed. */
export interface Context {
  /** undefined: no longer in the file. */
  readonly virtual: VirtualService | undefined;
  /** By the kernel's endpoint: the rows wanted before this change, and now. */
  readonly before: ReadonlyMap<string, DesiredDest>;
  readonly after: ReadonlyMap<string, DesiredDest>;
}

/** Says that `op` is done, in the original's words. */
export function logDone(log: Logger, op: IpvsOp, context: Context): void {
  const virtual = serviceName(opKey(op));
  switch (op.kind) {
    case "add-service":
      log.event("virtual-added", { virtual });
      break;
    case "set-service":
      log.event("virtual-changed", { virtual });
      break;
    case "delete-service":
      log.event("virtual-purged-start", { virtual });
      break;
    case "add-dest":
    case "set-dest":
      logWritten(log, op, virtual, context);
      break;
    case "delete-dest":
      logDeleted(log, op.endpoint, virtual, context);
  }
}

function logWritten(
  log: Logger,
  op: IpvsOp & { kind: "add-dest" | "set-dest" },
  virtual: string,
  context: Context,
): void {
  const { endpoint, weight } = op.dest;
  const row = context.after.get(formatEndpoint(endpoint));
  const isNew = op.kind === "add-dest";
  const real = formatEndpoint(row?.real ?? endpoint);
  if (row?.standing === "fallback") {
    log.event(isNew ? "fallback-added" : "fallback-restored", { real, virtual, weight });
  } else if (row?.standing === "up" || weight > 0) {
    log.event(isNew ? "real-added" : "real-restored", { real, virtual, weight });
  } else if (isNew) {
    log.event("real-readded-quiescent", { real, virtual, weight });
  } else {
    log.event("real-quiesced", { real: mapped(endpoint, row?.real), virtual, weight });
  }
}

function logDeleted(log: Logger, endpoint: Endpoint, virtual: string, context: Context): void {
  const real = context.virtual?.reals.find((server) => isAt(endpoint, server, context));
  const fallback = context.virtual?.fallback;
  const isFallback = fallback !== undefined && isAt(endpoint, fallback, context);
  const wasFallback = context.before.get(formatEndpoint(endpoint))?.standing === "fallback";
  if (isFallback && (wasFallback || real === undefined)) {
    log.event("fallback-deleted", { real: mapped(endpoint, fallback.endpoint), virtual });
  } else if (real !== undefined) {
    log.event("real-deleted", { real: mapped(endpoint, real.endpoint), virtual });
  } else {
    log.event("real-purged-start", { real: formatEndpoint(endpoint), virtual });
  }
}

const isAt = (
  endpoint: Endpoint,
  server: Parameters<typeof tableEndpoint>[1],
  { virtual }: Context,
): boolean => virtual !== undefined && sameEndpoint(endpoint, tableEndpoint(virtual.key, server));

/** The original names both where it takes something away, and only the file's where it adds. */
function mapped(endpoint: Endpoint, asWritten: Endpoint | undefined): string {
  const text = formatEndpoint(endpoint);
  if (asWritten === undefined || sameEndpoint(endpoint, asWritten)) return text;
  return `${text} mapped from ${formatEndpoint(asWritten)}`;
}

export function logDrift(log: Logger, drift: Drift, virtual: string): void {
  log.event("drift-found", {
    virtual,
    row: drift.of === "service" ? "virtual service" : formatEndpoint(drift.endpoint),
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
      return `add real server ${formatEndpoint(op.dest.endpoint)} to ${virtual}`;
    case "set-dest":
      return `change real server ${formatEndpoint(op.dest.endpoint)} of ${virtual} to weight ${op.dest.weight}`;
    case "delete-dest":
      return `delete real server ${formatEndpoint(op.endpoint)} from ${virtual}`;
  }
}

/** The kernel's word for it, made plain where a bare errno would mislead. */
export function describeErrno(op: IpvsOp, errno: string): string {
  const names = op.kind === "add-service" || op.kind === "set-service";
  if (names && errno === "ENOENT") return "no such scheduler module";
  if (errno === "LOST") return "no answer";
  return errno;
}
