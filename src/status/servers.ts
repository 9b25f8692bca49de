import type { DownReason } from "../../checks/check.ts";
import type { Steps } from "../config/turns.ts";
import type { LastOutcome, Monitor } from "../health/monitor.ts";
import type { Health } from "../health/state.ts";
import type { TableDest } from "../ipvs/ipvs.ts";
import { type Endpoint, formatEndpoint } from "../model/address.ts";
import type { FallbackServer, RealServer } from "../model/real-server.ts";
import type { VirtualService } from "../model/virtual-service.ts";
import type { Order } from "../orders/order.ts";
import {
  type DecidedBy,
  type DesiredDest,
  rowsByEndpoint,
  tableEndpoint,
} from "../reconcile/rows.ts";
import type { ServiceSnapshot } from "../reconcile/shown.ts";

export interface ServerState {
  readonly role: "real" | "fallback" | "unnamed";
  /** As the file writes it, and as the table does: several `real=` lines may share a row. */
  readonly server: string;
  readonly row: string;
  /** `server`, in parts. */
  readonly endpoint: Endpoint;
  /** `drained`: up, and out by an order. `fallback`: it has the traffic; `standby`: it has not. `former`: not of this file. */
  readonly state:
    | "up"
    | "drained"
    | "down"
    | "unknown"
    | "maintenance"
    | "fallback"
    | "standby"
    | "former";
  /** From when on. */
  readonly since?: number;
  /** Failures in a row of one that is up still. */
  readonly failures?: number;
  /** The ids of the orders that are about it. */
  readonly orders?: readonly number[];
  /** The file in `maintenanceDir` that holds it out. */
  readonly maintenanceFile?: string;
  readonly lastVerdict?: LastVerdict;
  /** The newest check, where local trouble left it without a verdict. */
  readonly lastFault?: { readonly at: number; readonly code: string; readonly detail: string };
  readonly forwarding: TableDest["forwarding"];
  /** Absent when the file has none for it. */
  readonly fileWeight?: number;
  /** In force, as last read or written; absent when it has no row. */
  readonly weight?: number;
  /** Who had the last word on the row, or on there being none. */
  readonly decidedBy: DecidedBy;
}

interface LastVerdict {
  readonly at: number;
  readonly isUp: boolean;
  /** Of one that is not up. */
  readonly reason?: DownReason;
  /** The check's own words. */
  readonly detail: string;
  readonly durationMs: number;
}

/** What is known of a service, beside the file and its servers' health. */
type KnownService = Pick<ServiceSnapshot, "desired" | "observed" | "fallbackSince">;

/** One virtual service's servers: the file's, in the table or not, and then the rows that are none of theirs. */
export function* serversOf(
  virtual: VirtualService,
  known: KnownService | undefined,
  about: {
    readonly monitor: (real: Endpoint) => Monitor | undefined;
    readonly orders: (real: Endpoint) => readonly Order[];
  },
): Steps<readonly ServerState[]> {
  const wanted = rowsByEndpoint(known?.desired);
  const found = new Map(known?.observed?.dests.map((d) => [formatEndpoint(d.endpoint), d]));
  const isNamed = new Set<string>();
  const placed = (server: RealServer | FallbackServer) => {
    const name = formatEndpoint(server.endpoint);
    const endpoint = tableEndpoint(virtual.key, server);
    const row = endpoint === server.endpoint ? name : formatEndpoint(endpoint);
    isNamed.add(row);
    return { server: name, row, endpoint: server.endpoint };
  };
  const servers: ServerState[] = [];
  for (const real of virtual.reals) {
    const place = placed(real);
    const monitor = about.monitor(real.endpoint);
    const orders = about.orders(real.endpoint);
    const isDrained = orders.some(isDrain);
    const row = wanted.get(place.row);
    servers.push({
      role: "real",
      ...place,
      ...believed(monitor, isDrained),
      ...(orders.length > 0 && { orders: orders.map(({ id }) => id) }),
      forwarding: real.forwarding,
      fileWeight: real.weight,
      ...weightOf(found.get(place.row)),
      decidedBy: row?.decidedBy ?? whoKeepsOut(virtual, known, monitor, isDrained),
    });
    yield;
  }
  if (virtual.fallback !== undefined) {
    const place = placed(virtual.fallback);
    servers.push(fallbackState(virtual.fallback, place, known, wanted.get(place.row), found));
  }
  const others = [...found].flatMap(([row, dest]) => (isNamed.has(row) ? [] : [dest]));
  return [...servers, ...unnamedServers(others)];
}

/** Rows of nobody in the file. */
export const unnamedServers = (dests: readonly TableDest[]): readonly ServerState[] =>
  dests.map((dest) => {
    const text = formatEndpoint(dest.endpoint);
    return {
      role: "unnamed",
      server: text,
      row: text,
      endpoint: dest.endpoint,
      state: "former",
      forwarding: dest.forwarding,
      weight: dest.weight,
      decidedBy: "table",
    };
  });

function fallbackState(
  { forwarding }: FallbackServer,
  place: Pick<ServerState, "server" | "row" | "endpoint">,
  known: KnownService | undefined,
  wanted: DesiredDest | undefined,
  found: ReadonlyMap<string, TableDest>,
): ServerState {
  const isOn = wanted?.standing === "fallback";
  return {
    role: "fallback",
    ...place,
    state: isOn ? "fallback" : "standby",
    ...(known?.fallbackSince !== undefined && { since: known.fallbackSince }),
    forwarding,
    ...weightOf(found.get(place.row)),
    decidedBy: isOn ? wanted.decidedBy : "fallback",
  };
}

/** Of a real server that should have no row. */
function whoKeepsOut(
  { isQuiescent }: VirtualService,
  known: KnownService | undefined,
  monitor: Monitor | undefined,
  isDrained: boolean,
): DecidedBy {
  if (monitor?.held !== undefined) return "maintenance";
  if (isDrained && monitor?.health.state === "up") return "drain";
  // The file would have it in the table with weight 0.
  const isDown = monitor?.health.state === "down";
  return isQuiescent && isDown && known !== undefined ? "hand" : "health";
}

const weightOf = (dest: TableDest | undefined): { weight?: number } =>
  dest === undefined ? {} : { weight: dest.weight };

const isDrain = ({ kind }: Order): boolean => kind === "drain";

function believed(
  monitor: Monitor | undefined,
  isDrained: boolean,
): Pick<
  ServerState,
  "state" | "since" | "failures" | "maintenanceFile" | "lastVerdict" | "lastFault"
> {
  if (monitor === undefined) return { state: "unknown" };
  const { health, held, since, last, lastVerdict } = monitor;
  return {
    state: standing(health.state, held !== undefined, isDrained),
    since,
    ...(held?.by === "file" && { maintenanceFile: held.name }),
    ...(held === undefined && health.state === "up" && { failures: health.failures }),
    ...verdictIn(lastVerdict),
    ...faultIn(last),
  };
}

const standing = (
  state: Health["state"],
  isHeld: boolean,
  isDrained: boolean,
): ServerState["state"] => {
  if (isHeld) return "maintenance";
  return state === "up" && isDrained ? "drained" : state;
};

function verdictIn(last: LastOutcome | undefined): { lastVerdict?: LastVerdict } {
  if (last?.outcome.kind !== "verdict") return {};
  const { verdict, durationMs } = last.outcome;
  const { up: isUp, detail } = verdict;
  const reason = verdict.up ? {} : { reason: verdict.reason };
  return { lastVerdict: { at: last.at, isUp, ...reason, detail, durationMs } };
}

function faultIn(last: LastOutcome | undefined): Pick<ServerState, "lastFault"> {
  if (last?.outcome.kind !== "local-fault") return {};
  const { code, detail } = last.outcome;
  return { lastFault: { at: last.at, code, detail } };
}
