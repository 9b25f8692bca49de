import type { RunningText } from "../daemon/running-texts.ts";
import type { TableRow } from "../ipvs/ipvs.ts";
import { formatEndpoint } from "../model/address.ts";
import { oneLine } from "../model/one-line.ts";
import { serviceId } from "../model/virtual-service.ts";
import { describeTarget } from "../orders/book.ts";
import type { Order } from "../orders/order.ts";
import { sayOrder } from "../orders/say-order.ts";
import { destValues, serviceValues } from "../plan/table-changes.ts";
import type { ServerState } from "../status/servers.ts";
import type { Snapshot } from "../status/snapshot.ts";
import { maxLineChars, type Side, type SideFile } from "./side.ts";

/** What a director's daemon tells of itself. */
export interface Told {
  readonly host: string;
  readonly program: string;
  readonly snapshot: Snapshot;
  /** All that the kernel has. */
  readonly table: readonly TableRow[];
  /** The `ldirectord.cf`, then the ini if there is one. */
  readonly files: readonly [RunningText, ...RunningText[]];
}

/** One director's side, without what two may differ in: counters, ages, places and weights of before. */
export function sideOf({ host, program, snapshot, table, files }: Told): Side {
  const [cf, ini] = files;
  const { reload } = snapshot;
  const services = snapshot.services.filter(({ isLeaving }) => !isLeaving);
  return {
    version: 1,
    host: oneLine(host),
    program,
    files: { cf: cutLines(cf), ...(ini !== undefined && { ini: cutLines(ini) }) },
    ...(reload?.worked === false && { refused: oneLine(reload.problems[0] ?? "it failed", 900) }),
    roles: services.flatMap((service) =>
      "role" in service ? [{ virtual: service.id, role: String(service.role) }] : [],
    ),
    verdicts: services.flatMap(({ id, servers }) =>
      servers.filter(({ role }) => role !== "unnamed").map((server) => verdictOf(id, server)),
    ),
    table: table.map(({ service, dests }) => ({
      virtual: serviceId(service.key),
      values: Object.fromEntries(serviceValues(service)),
      rows: dests.map((dest) => ({
        row: formatEndpoint(dest.endpoint),
        values: Object.fromEntries(destValues(dest)),
      })),
    })),
    orders: snapshot.orders.map((order) => ({
      what: `${order.kind} of ${describeTarget(order.target)}`,
      values: valuesOf(order),
      said: oneLine(`${sayOrder(order)} (by ${order.by.name})`, 900),
    })),
  };
}

const cutLines = ({ name, fingerprint, lines }: RunningText): SideFile => ({
  name,
  fingerprint,
  lines: lines.map((line) =>
    line.length > maxLineChars ? `${line.slice(0, maxLineChars)}…` : line,
  ),
});

function verdictOf(virtual: string, server: ServerState): Side["verdicts"][number] {
  const { state, lastVerdict, decidedBy } = server;
  const reason = state === "down" ? lastVerdict?.reason : undefined;
  return { virtual, server: server.server, state, ...(reason && { reason }), decidedBy };
}

/** What it is that is ordered; when it was, and until when, is an age. */
function valuesOf(order: Order): Side["orders"][number]["values"] {
  switch (order.kind) {
    case "weight":
      return { weight: order.weight };
    case "drain":
      return { "at end": order.atEnd };
    case "maintenance":
      return {};
  }
}
