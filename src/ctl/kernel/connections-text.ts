import type { Connection, Connections } from "../../ipvs/connections.ts";
import { formatEndpoint } from "../../model/address.ts";
import { printable } from "../../model/one-line.ts";
import { groupedBy } from "./grouped-by.ts";
import { textTable } from "./text-table.ts";

export const connectionSorts = ["client", "state", "expires"] as const;
export type ConnectionSort = (typeof connectionSorts)[number];

const collator = new Intl.Collator("en", { numeric: true });
const wayOf = ({ protocol, virtual, real }: Connection): string =>
  `${protocol} ${formatEndpoint(virtual)} > ${formatEndpoint(real)}`;
const clientOf = ({ client }: Connection): string => formatEndpoint(client);

const orders: Readonly<Record<ConnectionSort, (a: Connection, b: Connection) => number>> = {
  client: (a, b) => collator.compare(clientOf(a), clientOf(b)),
  state: (a, b) => collator.compare(a.state, b.state) || orders.client(a, b),
  expires: (a, b) => a.expiresSec - b.expiresSec || orders.client(a, b),
};

/** One after the other by virtual service and real server, and then as told. */
export const sortedConnections = (
  connections: readonly Connection[],
  sort: ConnectionSort,
): readonly Connection[] =>
  connections.toSorted((a, b) => collator.compare(wayOf(a), wayOf(b)) || orders[sort](a, b));

/** A heading for each way from a virtual service to a real server, and below it its clients. */
export function connectionsText({ found, count, read, isWhole }: Connections): string {
  const ways = groupedBy(found, wayOf);
  const blocks = [...ways].map(([way, connections]) => {
    const rows = connections.map((connection) => [
      `  ${clientOf(connection)}`,
      connection.state === "NONE" ? "remembered" : connection.state.toLowerCase(),
      duration(connection.expiresSec),
      [connection.engine, connection.engineData].filter((it) => it !== undefined).join(" "),
    ]);
    const columns = [
      { title: "  CLIENT" },
      { title: "STATE" },
      { title: "EXPIRES", side: "right" },
      { title: "" },
    ] as const;
    const table = textTable(
      columns,
      rows.map((row) => row.map(printable)),
    );
    return `${printable(way)}: ${connections.length}\n${table}`;
  });
  const shown = found.length < count ? `, ${found.length} of them shown` : "";
  const cut = isWhole ? "" : `; there was only time for ${read} of all that the kernel has`;
  return [...blocks, `${count} ${count === 1 ? "connection" : "connections"}${shown}${cut}\n`].join(
    "\n",
  );
}

/** `59s`, `14m59s`, `2h05m` */
export function duration(seconds: number): string {
  const two = (number: number): string => String(number).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds}s`;
  if (minutes < 60) return `${minutes}m${two(seconds % 60)}s`;
  return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
}
