import type { HealthView } from "../health/view.ts";
import type { TableRow } from "../ipvs/ipvs.ts";
import { formatEndpoint } from "../model/address.ts";
import type { FallbackServer, RealServer } from "../model/real-server.ts";
import { serviceId, type VirtualService } from "../model/virtual-service.ts";
import { standingOf } from "../reconcile/desired.ts";
import { tableEndpoint } from "../reconcile/rows.ts";
import type { HealthCount } from "./health-word.ts";

/**
 * How many of its real servers clients can use.
 * @param row as last read or written
 */
export function countOf(
  virtual: VirtualService,
  row: TableRow | undefined,
  view: HealthView,
): HealthCount {
  const id = serviceId(virtual.key);
  const serving = new Set(
    row?.dests.flatMap(({ weight, endpoint }) => (weight > 0 ? [formatEndpoint(endpoint)] : [])),
  );
  const rowOf = (server: RealServer | FallbackServer) =>
    formatEndpoint(tableEndpoint(virtual.key, server));
  let up = 0;
  let isAnyAwaited = false;
  for (const real of virtual.reals) {
    const standing = standingOf(view, id, real.endpoint);
    if (standing === "unknown") isAnyAwaited = true;
    if (standing === "up" && serving.has(rowOf(real))) up++;
  }
  const of = virtual.reals.length;
  if (up > 0 || !isAnyAwaited) return { up, of, isAnyAwaited };
  // Those that a reload replaced serve until the first of their successors is up.
  for (const server of [...virtual.reals, ...(virtual.fallback ? [virtual.fallback] : [])]) {
    serving.delete(rowOf(server));
  }
  return { up: Math.min(serving.size, of), of, isAnyAwaited };
}
