import type { HealthView } from "../../health/view.ts";
import type { IpvsOp } from "../../ipvs/ipvs.ts";
import type { Turns } from "../../ipvs/turns.ts";
import type { Endpoint } from "../../model/address.ts";
import { serviceId } from "../../model/virtual-service.ts";
import { afterOps, byService, opKey } from "../after-ops.ts";
import { type Context, contextOf, describeChange, type Listener, tellDone } from "../describe.ts";
import type { ServiceUpdate } from "../tracked-service.ts";

/** Takes into the services what the kernel has done, and says it, in its order. @param updates by `serviceId` */
export async function rememberDone(
  done: readonly IpvsOp[],
  updates: ReadonlyMap<string, ServiceUpdate>,
  { view, listener }: { readonly view: HealthView; readonly listener: Listener },
  turns: Turns,
): Promise<void> {
  const contexts = new Map<string, Context>();
  for (const [id, ops] of byService(done)) {
    const update = updates.get(id);
    if (update === undefined) continue;
    const { tracked, virtual, before, after } = update;
    const isPlanned = (real: Endpoint) =>
      view.maintenance(id, real) !== undefined || view.steering(id, real)?.kind === "drain";
    tracked.actual = afterOps(tracked.actual, ops);
    await turns.yieldIfLong();
    contexts.set(id, contextOf(virtual, before, after, isPlanned));
    if (tracked.refused.size === 0) continue;
    for (const change of ops.map(describeChange)) {
      if (tracked.refused.has(change)) tracked.refused.set(change, true);
    }
  }
  for (const op of done) {
    const context = contexts.get(serviceId(opKey(op)));
    if (context !== undefined) tellDone(listener, op, context);
    await turns.yieldIfLong();
  }
  for (const { tracked } of updates.values()) {
    listener.onBrought(tracked);
    await turns.yieldIfLong();
  }
}
