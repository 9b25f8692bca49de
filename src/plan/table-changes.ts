import type { IpvsOp, TableDest, TableRow, TableService } from "../ipvs/ipvs.ts";
import { formatEndpoint } from "../model/address.ts";
import { serviceFamily, serviceId } from "../model/virtual-service.ts";
import { afterOps, opKey } from "../reconcile/after-ops.ts";
import type { Rehearsed } from "../reconcile/rehearsal.ts";
import {
  type DecidedBy,
  type DesiredDest,
  rowsByEndpoint,
  type Standing,
} from "../reconcile/rows.ts";
import { added, type Change, changed, removed } from "./change.ts";

/** What a start or a reload does to the table, in the order of doing. */
export function tableChanges({ before, ops, services }: Rehearsed): readonly Change[] {
  const rows = new Map(before.map((row) => [serviceId(row.service.key), row]));
  const wanted = new Map(
    services.map(({ virtual, desired }) => [serviceId(virtual.key), rowsByEndpoint(desired)]),
  );
  return ops.flatMap((op) => {
    const id = serviceId(opKey(op));
    const row = rows.get(id);
    const after = afterOps(row, [op]);
    if (after === undefined) rows.delete(id);
    else rows.set(id, after);
    return changesBy(op, row, (place) => wanted.get(id)?.get(place));
  });
}

/** @param row the service's, before it @param wantedAt by the row's place */
function changesBy(
  op: IpvsOp,
  row: TableRow | undefined,
  wantedAt: (place: string) => DesiredDest | undefined,
): readonly Change[] {
  const base = { part: "table", virtual: serviceId(opKey(op)) } as const;
  const at = (place: string) => ({ ...base, real: place, ...because(wantedAt(place)) });
  const destAt = (place: string) =>
    row?.dests.find(({ endpoint }) => formatEndpoint(endpoint) === place);
  switch (op.kind) {
    case "add-service":
      return [{ ...base, action: "add", fields: added(serviceValues(op.service)) }];
    case "set-service": {
      const before = row === undefined ? noValues : serviceValues(row.service);
      const fields = changed(before, serviceValues(op.service));
      return [{ ...base, action: "change", fields }];
    }
    case "delete-service":
      return [
        {
          ...base,
          action: "remove",
          fields: row === undefined ? [] : removed(serviceValues(row.service)),
        },
        ...(row?.dests ?? []).map((dest): Change => {
          const real = formatEndpoint(dest.endpoint);
          return { ...base, real, action: "remove", fields: removed(destValues(dest)) };
        }),
      ];
    case "add-dest":
      return [
        {
          ...at(formatEndpoint(op.dest.endpoint)),
          action: "add",
          fields: added(destValues(op.dest)),
        },
      ];
    case "set-dest": {
      const place = formatEndpoint(op.dest.endpoint);
      const before = destAt(place);
      const fields = changed(before ? destValues(before) : noValues, destValues(op.dest));
      return [{ ...at(place), action: "change", fields }];
    }
    case "delete-dest": {
      const place = formatEndpoint(op.endpoint);
      const before = destAt(place);
      return [
        { ...at(place), action: "remove", fields: before ? removed(destValues(before)) : [] },
      ];
    }
  }
}

const noValues: ReadonlyMap<string, string | number> = new Map();

const reasons: Partial<Record<Standing, string>> = {
  fallback: "fallback server: no real server is up",
  maintenance: "in maintenance",
  drained: "drained",
  down: "it is down",
};
const deciders: Partial<Record<DecidedBy, string>> = {
  order: "the weight that was ordered",
  hand: "as another hand left it",
};

function because(row: DesiredDest | undefined): Pick<Change, "because"> {
  const why = row && (reasons[row.standing] ?? deciders[row.decidedBy]);
  return why === undefined ? {} : { because: why };
}

/** In ipvsadm's words; what a service has not is not there. */
export function serviceValues(service: TableService): ReadonlyMap<string, string | number> {
  const { key, scheduler, schedulerFlags, persistenceSec, netmask, isOnePacket } = service;
  const isWhole = netmask === (serviceFamily(key) === 6 ? 128 : 0xffffffff);
  return new Map<string, string | number>([
    ["scheduler", scheduler],
    ...(schedulerFlags === 0 ? [] : [["schedflags", flagNames(schedulerFlags)] as const]),
    ...(persistenceSec === undefined ? [] : [["persistent", persistenceSec] as const]),
    ...(isWhole ? [] : [["netmask", netmaskText(service)] as const]),
    ...(isOnePacket ? [["ops", "yes"] as const] : []),
  ]);
}

export const destValues = (dest: TableDest): ReadonlyMap<string, string | number> =>
  new Map<string, string | number>([
    ["forwarding", dest.forwarding],
    ["weight", dest.weight],
    ...(dest.upperThreshold > 0 ? [["u-threshold", dest.upperThreshold] as const] : []),
    ...(dest.lowerThreshold > 0 ? [["l-threshold", dest.lowerThreshold] as const] : []),
  ]);

/** The kernel has the same three bits for all schedulers. */
const flagNames = (flags: number): string =>
  [0x08, 0x10, 0x20].flatMap((bit, nth) => ((flags & bit) === 0 ? [] : [`flag-${nth + 1}`])).join();

const netmaskText = ({ key, netmask }: TableService): string =>
  serviceFamily(key) === 6
    ? `/${netmask}`
    : [24, 16, 8, 0].map((shift) => (netmask >>> shift) & 0xff).join(".");
