import type { Daemon } from "../daemon/daemon.ts";
import type { Ready } from "../daemon/prepare.ts";
import { firstLook, heldBy } from "../health/maintenance/maintenance.ts";
import { outlookOf } from "../health/outlook.ts";
import { noOrders, type OrdersView } from "../health/view.ts";
import type { TableRow } from "../ipvs/ipvs.ts";
import { adoptedIn } from "../reconcile/adopt.ts";
import { rehearse } from "../reconcile/rehearsal.ts";
import { type Plan, planOf } from "./plan.ts";

/** What a start would change. @param table all that there is @param orders those that the daemon before left */
export async function planStart(
  next: Ready,
  table: readonly TableRow[],
  orders: OrdersView = noOrders,
): Promise<Plan> {
  const { config, specs } = next;
  const dir = config.maintenanceDir;
  const names = dir === undefined ? undefined : await firstLook(dir);
  const fileFor = heldBy(names ?? []);
  const view = outlookOf(specs, {
    adopt: adoptedIn(config.virtuals, table, orders),
    before: () => undefined,
    hold: (id, real) => fileFor(real) ?? orders.hold(id, real),
    steering: (id, real) => orders.steering(id, real),
    now: Date.now(),
  });
  return planOf(next, undefined, await rehearse({ config, table, view }));
}

/** What a reload by an operator's word would change. */
export async function planReload(
  daemon: Pick<Daemon, "current" | "rehearse">,
  next: Ready,
): Promise<Plan> {
  const running = daemon.current();
  return planOf(next, running, await daemon.rehearse(next));
}
