import type { Supervisor } from "../health/supervisor.ts";
import type { Ipvs } from "../ipvs/ipvs.ts";
import { serviceId } from "../model/virtual-service.ts";
import type { OrderDesk } from "../orders/desk.ts";
import { adoptedIn } from "../reconcile/adopt.ts";
import type { Reconciler } from "../reconcile/reconciler.ts";
import { type Rehearsed, rehearse } from "../reconcile/rehearsal.ts";
import type { Ready } from "./prepare.ts";

export interface RehearsalParts {
  readonly ipvs: Ipvs;
  readonly supervisor: Supervisor;
  readonly reconciler: Reconciler;
  readonly desk: OrderDesk;
}

/** What a reload by an operator's word would do to the table now. Changes nothing. @throws NetlinkError */
export async function rehearseReload(
  { ipvs, supervisor, reconciler, desk }: RehearsalParts,
  { config, specs }: Ready,
): Promise<Rehearsed> {
  const [listed, fileFor] = await Promise.all([
    ipvs.list(),
    supervisor.maintenanceOutlook(config.maintenanceDir),
  ]);
  const remembered = reconciler.remembered();
  const known = [...remembered.values()].flatMap(({ actual }) => actual ?? []);
  const others = listed.filter(({ service }) => !remembered.has(serviceId(service.key)));
  const table = [...known, ...others];
  const view = supervisor.outlook(specs, adoptedIn(config.virtuals, table, desk.book), fileFor);
  return rehearse({ config, table, view, remembered });
}
