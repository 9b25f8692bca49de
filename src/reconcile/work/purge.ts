import type { HealthView } from "../../health/view.ts";
import type { IpvsOp, IpvsRows } from "../../ipvs/ipvs.ts";
import { opKey } from "../after-ops.ts";
import { type Listener, tellRow } from "../describe.ts";
import { standingOf } from "../desired.ts";
import type { TrackedService } from "../tracked-service.ts";
import { applyOps, type Failure } from "./apply.ts";

/** Deletes these services at the end, and says which servers were up. @returns what the kernel refused */
export async function purge(
  services: readonly TrackedService[],
  ipvs: IpvsRows,
  view: HealthView,
  listener: Listener,
): Promise<readonly Failure[]> {
  const rows = new Map(services.map(({ id, actual }) => [id, actual]));
  const ops = services.map(({ key }): IpvsOp => ({ kind: "delete-service", key }));
  const { failed } = await applyOps(ipvs, ops, (id) => rows.get(id));
  const refused = new Map(failed.map((failure) => [opKey(failure.op), failure]));
  const left: Failure[] = [];
  for (const tracked of services) {
    const failure = refused.get(tracked.key);
    if (failure === undefined || isGone(failure)) tellPurged(tracked, view, listener);
    else left.push(failure);
  }
  return left;
}

const isGone = ({ errno }: Failure): boolean => errno === "ENOENT" || errno === "ESRCH";

function tellPurged(
  { id, key, virtual }: TrackedService,
  view: HealthView,
  listener: Listener,
): void {
  for (const { endpoint } of virtual?.reals ?? []) {
    if (standingOf(view, id, endpoint) !== "up") continue;
    const fields = { real: endpoint, virtual: key };
    tellRow(listener, virtual, "real-purged-stop", fields, { row: endpoint, lost: undefined });
  }
  listener.log.event("virtual-purged-stop", { virtual: key });
}
