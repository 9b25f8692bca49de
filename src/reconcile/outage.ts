import type { Standing } from "./rows.ts";

/** Whether a virtual service has a real server that clients can use. */
export type Usable = "some" | "none";

/**
 * What a service has, by how all its real servers stand.
 *
 *   any is up ──► some     all are down or in maintenance, or there is none ──► none
 *   else, while any has not been asked yet: as it was before
 */
export function usableOf(
  standings: readonly Standing[],
  before: Usable | undefined,
): Usable | undefined {
  if (standings.includes("up")) return "some";
  return standings.includes("unknown") ? before : "none";
}

/** What is to be told: the first "some" is no news. */
export function outageEvent(
  before: Usable | undefined,
  after: Usable | undefined,
): "service-down" | "service-up" | undefined {
  if (before === after) return undefined;
  if (after === "none") return "service-down";
  return before === "none" ? "service-up" : undefined;
}
