import type { IpvsOp, TableDest, TableRow } from "../ipvs/ipvs.ts";
import { formatEndpoint } from "../model/address.ts";
import { type ServiceKey, serviceId } from "../model/virtual-service.ts";

export const opKey = (op: IpvsOp): ServiceKey => ("service" in op ? op.service.key : op.key);

/** One service's row after `ops`, all of that service and all done. undefined: no such service. */
export function afterOps(row: TableRow | undefined, ops: readonly IpvsOp[]): TableRow | undefined {
  let service = row?.service;
  let dests: readonly TableDest[] = row?.dests ?? [];
  // Only where one of them changes: a service of thousands that goes as a whole is one op.
  let byEndpoint: Map<string, TableDest> | undefined;
  const changing = (): Map<string, TableDest> => {
    byEndpoint ??= new Map(dests.map((dest) => [formatEndpoint(dest.endpoint), dest]));
    return byEndpoint;
  };
  for (const op of ops) {
    switch (op.kind) {
      case "add-service":
      case "set-service":
        service = op.service;
        break;
      case "delete-service":
        service = undefined;
        dests = [];
        byEndpoint = undefined;
        break;
      case "add-dest":
      case "set-dest":
        changing().set(formatEndpoint(op.dest.endpoint), op.dest);
        break;
      case "delete-dest":
        changing().delete(formatEndpoint(op.endpoint));
    }
  }
  return service && { service, dests: byEndpoint ? [...byEndpoint.values()] : dests };
}

/** New connections find a server. */
export const isUsable = (row: TableRow | undefined): boolean =>
  row?.dests.some((dest) => dest.weight > 0) ?? false;

/** By `serviceId`, each service's ops in their order. */
export function byService(ops: readonly IpvsOp[]): ReadonlyMap<string, readonly IpvsOp[]> {
  const groups = new Map<string, IpvsOp[]>();
  for (const op of ops) {
    const id = serviceId(opKey(op));
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [op]);
    else group.push(op);
  }
  return groups;
}
