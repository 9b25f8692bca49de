import type { VirtualService } from "../model/virtual-service.ts";
import type { DesiredService } from "../reconcile/desired.ts";

/** What the line is made of: a part of the daemon's snapshot. */
export interface Situation {
  readonly services: readonly {
    readonly virtual: Pick<VirtualService, "reals">;
    readonly desired: DesiredService;
  }[];
  readonly reloadProblems: readonly string[] | undefined;
}

/** One line for `systemctl status`: `2 virtual services, 3 of 4 real servers up, 1 without any`. */
export function serviceStatus({ services, reloadProblems }: Situation): string {
  let reals = 0;
  let up = 0;
  let withoutAny = 0;
  for (const { virtual, desired } of services) {
    if (desired.isFallbackOn) withoutAny++;
    reals += virtual.reals.length;
    up += desired.dests.filter(({ standing }) => standing === "up").length;
  }
  const plural = services.length === 1 ? "" : "s";
  return [
    `${services.length} virtual service${plural}, ${up} of ${reals} real servers up`,
    ...(withoutAny > 0 ? [`${withoutAny} without any`] : []),
    ...(reloadProblems === undefined ? [] : ["the newest reload failed: see the log"]),
  ].join(", ");
}
