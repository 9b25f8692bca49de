import type { MonitorSpec } from "../health/plan.ts";
import { noOrders, type OrdersView } from "../health/view.ts";
import type { TableRow } from "../ipvs/ipvs.ts";
import { type Endpoint, formatEndpoint, sameEndpoint } from "../model/address.ts";
import { serviceId, type VirtualService } from "../model/virtual-service.ts";
import { tableEndpoint } from "./rows.ts";

/** A real server in a virtual service, as `HealthView` names it. */
export interface Pair {
  readonly serviceId: string;
  readonly real: Endpoint;
}

/**
 * The real servers that the table found at start has in use: weight above 0. They count as up until their
 * first verdict, so that a restart interrupts nobody. A row that is also the fallback server's proves
 * nothing of the real server.
 */
export function adopt(
  virtuals: readonly VirtualService[],
  observed: readonly TableRow[],
): readonly Pair[] {
  const rows = new Map(observed.map((row) => [serviceId(row.service.key), row]));
  return virtuals.flatMap((virtual) => {
    const id = serviceId(virtual.key);
    return inUse(virtual, rows.get(id)).map((real) => ({ serviceId: id, real }));
  });
}

function inUse(virtual: VirtualService, row: TableRow | undefined): readonly Endpoint[] {
  const dests = row?.dests.filter((dest) => dest.weight > 0) ?? [];
  const places = new Set(dests.map((dest) => formatEndpoint(dest.endpoint)));
  const fallback = virtual.fallback && tableEndpoint(virtual.key, virtual.fallback);
  return virtual.reals.flatMap((real) => {
    const endpoint = tableEndpoint(virtual.key, real);
    if (!places.has(formatEndpoint(endpoint))) return [];
    if (fallback !== undefined && sameEndpoint(endpoint, fallback)) return [];
    return [real.endpoint];
  });
}

/**
 * The same, as the health side asks for it. Who is out by an operator's order, and has no check that would find out
 * more, was in use before the order.
 */
export function adoptedIn(
  virtuals: readonly VirtualService[],
  observed: readonly TableRow[],
  orders: OrdersView = noOrders,
): (spec: MonitorSpec) => "up" | undefined {
  const services = new Map(virtuals.map((virtual) => [serviceId(virtual.key), virtual]));
  const rows = new Map(observed.map((row) => [serviceId(row.service.key), row]));
  const known = new Map<string, ReadonlySet<string>>();
  /** Of each service when it is asked for: of a large file not all in one turn. */
  const usedIn = (id: string): ReadonlySet<string> => {
    const virtual = services.get(id);
    const used =
      known.get(id) ?? new Set(virtual && inUse(virtual, rows.get(id)).map(formatEndpoint));
    known.set(id, used);
    return used;
  };
  const isOrdered = ({ source, virtual, real }: MonitorSpec): boolean => {
    const id = serviceId(virtual);
    if (source.kind !== "adopted") return false;
    return orders.hold(id, real) !== undefined || orders.steering(id, real) !== undefined;
  };
  return (spec) => {
    const isUsed = usedIn(spec.serviceId).has(formatEndpoint(spec.real));
    return isUsed || isOrdered(spec) ? "up" : undefined;
  };
}
