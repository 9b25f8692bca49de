import type { Endpoint } from "../model/address.ts";
import type { Asker } from "../model/asker.ts";

/** Which rows an order is about: a real server in all virtual services or in one; or all servers of one service. */
export interface Target {
  /** Without a port: on every port. Absent: every real server of `virtual`. */
  readonly real?: { readonly address: string; readonly port?: number };
  /** As `serviceName` or `serviceId` writes it. */
  readonly virtual?: string;
}

interface Common {
  /** Counts up, while any order holds. */
  readonly id: number;
  readonly target: Target;
  /** Epoch milliseconds, as all times here. */
  readonly at: number;
  readonly by: Asker;
  readonly reason?: string;
}

/** As a file in maintenancedir: out, and not checked. */
interface MaintenanceOrder extends Common {
  readonly kind: "maintenance";
  /** Ends by itself then. */
  readonly until?: number;
  /** Its end was told in advance. */
  readonly isReminded?: boolean;
}

/** No new connections, until there is none left or the deadline has come; after that it stays out until it is taken back. */
export interface DrainOrder extends Common {
  readonly kind: "drain";
  readonly deadline: number;
  /** What becomes of the rows at the end: weight 0, or none. */
  readonly atEnd: "stay" | "remove";
  readonly ended?: DrainEnd;
}

interface DrainEnd {
  readonly at: number;
  readonly cause: "idle" | "deadline";
  /** Connections that were open still; absent where the table could not tell. */
  readonly left?: number;
}

/** In place of the weight in the file. */
interface WeightOrder extends Common {
  readonly kind: "weight";
  readonly weight: number;
  readonly until?: number;
  readonly isUntilRestart?: boolean;
}

/** What an operator has asked for; it holds until it is taken back, or over. */
export type Order = MaintenanceOrder | DrainOrder | WeightOrder;
export type OrderKind = Order["kind"];

/** Whether `virtual` of a target names this service: `tcp:10.0.0.1:80`, or without the protocol. */
export const namesService = (virtual: string, serviceId: string): boolean =>
  virtual === serviceId || virtual === serviceId.slice(serviceId.indexOf(":") + 1);

/** Whether an order for `target` is about this row. @param real as the file writes it */
export function isAbout(
  { real: asked, virtual }: Target,
  serviceId: string,
  real: Endpoint,
): boolean {
  if (virtual !== undefined && !namesService(virtual, serviceId)) return false;
  if (asked === undefined) return virtual !== undefined;
  if (asked.address !== real.address) return false;
  if (asked.port === undefined || asked.port === real.port) return true;
  // A real= line without a port: its row has the service's own.
  return real.port === 0 && asked.port === portOf(serviceId);
}

/** A mark has none. */
const portOf = (serviceId: string): number | undefined =>
  serviceId.startsWith("fwm") ? undefined : Number(serviceId.slice(serviceId.lastIndexOf(":") + 1));

/** The same words: a new order of the kind takes the place of the one before. */
export const sameTarget = (a: Target, b: Target): boolean =>
  a.virtual === b.virtual && a.real?.address === b.real?.address && a.real?.port === b.real?.port;

/** Of several for one row the more exact one counts: 0 for a whole service, up to 3 for a server's port in one service. */
export const exactness = ({ real, virtual }: Target): number =>
  real === undefined ? 0 : 1 + (real.port === undefined ? 0 : 1) + (virtual === undefined ? 0 : 1);

/** Until when by itself; undefined: until it is taken back. */
export function endOf(order: Order): number | undefined {
  if (order.kind === "drain") return order.ended === undefined ? order.deadline : undefined;
  return order.until;
}
