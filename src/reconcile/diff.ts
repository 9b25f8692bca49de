import { type IpvsOp, sameDest, sameService, type TableRow } from "../ipvs/ipvs.ts";
import { formatEndpoint } from "../model/address.ts";
import { serviceId } from "../model/virtual-service.ts";
import type { DesiredService } from "./rows.ts";

/**
 * The changes that make `observed` into `desired`, in the order to apply: whatever gives traffic a place to
 * go comes before whatever takes one away, so that no service is empty in between.
 * @param owned ids (`serviceId`) of the services that may be deleted; any other is left alone
 */
export function diff(
  desired: readonly DesiredService[],
  observed: readonly TableRow[],
  owned: ReadonlySet<string>,
): IpvsOp[] {
  const steps: Steps = {
    services: [],
    additions: [],
    raises: [],
    cuts: [],
    removals: [],
    purges: [],
  };
  const rows = new Map(observed.map((row) => [serviceId(row.service.key), row]));
  const wantedIds = new Set<string>();

  for (const wanted of desired) {
    const id = serviceId(wanted.service.key);
    wantedIds.add(id);
    diffService(wanted, rows.get(id), steps);
  }
  for (const [id, { service }] of rows) {
    if (owned.has(id) && !wantedIds.has(id)) {
      steps.purges.push({ kind: "delete-service", key: service.key });
    }
  }
  return inOrder.flatMap((step) => steps[step]);
}

const inOrder = ["services", "additions", "raises", "cuts", "removals", "purges"] as const;
type Steps = Record<(typeof inOrder)[number], IpvsOp[]>;

function diffService(wanted: DesiredService, row: TableRow | undefined, steps: Steps): void {
  const { service } = wanted;
  const { key } = service;
  if (row === undefined) steps.services.push({ kind: "add-service", service });
  else if (!sameService(row.service, service)) {
    steps.services.push({ kind: "set-service", service });
  }

  const present = new Map(row?.dests.map((dest) => [formatEndpoint(dest.endpoint), dest]));
  for (const { dest, presence } of wanted.dests) {
    const text = formatEndpoint(dest.endpoint);
    const found = present.get(text);
    present.delete(text);
    if (presence === "tolerated") continue;
    if (found === undefined) steps.additions.push({ kind: "add-dest", key, dest });
    else if (!sameDest(found, dest)) {
      const step = dest.weight > found.weight ? steps.raises : steps.cuts;
      step.push({ kind: "set-dest", key, dest });
    }
  }
  for (const { endpoint } of present.values()) {
    steps.removals.push({ kind: "delete-dest", key, endpoint });
  }
}
