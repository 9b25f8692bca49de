import { healthAfterMaintenance, healthFor, type Monitor } from "./monitor.ts";
import { type MonitorSpec, monitorId } from "./plan.ts";
import type { Health } from "./state.ts";
import type { HealthView, OrdersView } from "./view.ts";

export interface OutlookInputs extends OrdersView {
  /** "up" when the table has the server in use. */
  readonly adopt: (spec: MonitorSpec) => "up" | undefined;
  /** By id, who is watched now. */
  readonly before: (id: string) => Monitor | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
}

const unknown: Health = { state: "unknown" };

/** What will be believed once these are watched, before anybody is asked anything. `hold` has files and orders. */
export function outlookOf(
  specs: readonly MonitorSpec[],
  { adopt, before, hold, steering, now }: OutlookInputs,
): HealthView {
  const byId = new Map(specs.map((spec) => [spec.id, spec]));
  return {
    health: (id, real) => {
      const spec = byId.get(monitorId(id, real));
      if (spec === undefined) return unknown;
      const old = before(spec.id);
      const health = healthFor(spec, old, adopt(spec), now);
      const leaves = old?.held !== undefined && hold(id, real) === undefined;
      return leaves ? healthAfterMaintenance({ spec, health }) : health;
    },
    maintenance: hold,
    steering,
  };
}
