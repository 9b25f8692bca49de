import { isSyncAs } from "../ipvs/sync-daemon.ts";
import { sayDuration } from "../model/duration.ts";
import { printable } from "../model/one-line.ts";
import { sayOrder } from "../orders/say-order.ts";
import type { ServerState } from "../status/servers.ts";
import { serviceStatus } from "../status/service-status.ts";
import type { ServiceState, Snapshot, SyncShown } from "../status/snapshot.ts";
import { whyOf } from "../status/why.ts";
import { type Counted, rowKey } from "./counted-rows.ts";
import { coloured, type Screen, wrapped } from "./screen.ts";

/** All of a snapshot, for people: a few lines of the whole, then a block for each virtual service. */
export function statusText(
  snapshot: Snapshot,
  counted: Counted | undefined,
  screen: Screen,
): string {
  const lines = [...headOf(snapshot, screen), ""];
  for (const service of snapshot.services) {
    lines.push(...serviceLines(service, snapshot, counted, screen), "");
  }
  return `${lines.slice(0, -1).join("\n")}\n`;
}

function headOf(snapshot: Snapshot, screen: Screen): readonly string[] {
  const { path, phase, reload, orders, localFaults, statistics, at, sync } = snapshot;
  const { started, late, worstMs } = statistics.punctuality;
  const say = sayer(screen);
  const { problems = [] } = reload ?? {};
  return [
    say(
      `${path}: ${phase === "running" ? "" : `${phase}, `}${serviceStatus({ ...snapshot, localFaults: [] })}`,
    ),
    ...localFaults.map(({ code, detail }) =>
      say(`local trouble, no server is blamed for it: ${code}: ${printable(detail)}`, "red"),
    ),
    ...(reload === undefined || problems.length === 0
      ? []
      : [
          say(
            `reload ${sayDuration(at - reload.at)} ago ${reload.worked ? "had trouble" : "failed, the configuration before it runs on"}:`,
            "red",
          ),
          ...problems.map((problem) => say(`  ${printable(problem)}`)),
        ]),
    ...(late === 0
      ? []
      : [say(`checks run late: ${late} of ${started}, ${worstMs} ms at worst`, "yellow")]),
    ...(statistics.threads > 0
      ? [say(`threads that check beside the main one: ${statistics.threads}`)]
      : []),
    ...(sync === undefined ? [] : syncLines(sync).map(([text, colour]) => say(text, colour))),
    ...orders.map((order) =>
      say(`order ${order.id} by ${printable(order.by.name)}: ${printable(sayOrder(order))}`),
    ),
  ];
}

/** One for each that is wanted. */
const syncLines = ({ wanted, running }: SyncShown) =>
  wanted.map((daemon): [text: string, colour?: "red"] => {
    const { state, interface: name, id } = daemon;
    const text = `sync daemon: ${state} on ${printable(name)}, id ${id}`;
    if (running === undefined) return [`${text}: the kernel does not tell whether it runs`];
    return running.some((each) => isSyncAs(each, daemon))
      ? [text]
      : [`${text}: does not run`, "red"];
  });

/** A line outside of the table, so that it fits. */
const sayer =
  (screen: Screen) =>
  (text: string, colour?: Parameters<typeof coloured>[1]): string => {
    const line = wrapped(screen, text);
    return colour === undefined ? line : coloured(screen, colour, line);
  };

function serviceLines(
  service: ServiceState,
  { at }: Snapshot,
  counted: Counted | undefined,
  screen: Screen,
): readonly string[] {
  const { id, scheduler, servers, refused, edits, driftAt, isLeaving, isInTable } = service;
  const say = sayer(screen);
  const reals = servers.filter(({ role }) => role === "real");
  const up = reals.filter(({ state }) => state === "up").length;
  const notes = [
    ...(service.role === undefined
      ? []
      : [`${service.role} (${printable(service.roleWhy ?? "")})`]),
    ...(isLeaving ? ["on its way out"] : []),
    ...(isInTable ? [] : ["not in the table"]),
    ...(servers.some(({ state }) => state === "fallback") ? ["the fallback has the traffic"] : []),
  ];
  const colour = isLeaving || up === reals.length ? undefined : up === 0 ? "red" : "yellow";
  const title = [`${id} ${scheduler}`, isLeaving ? "" : `${up} of ${reals.length} up`, ...notes]
    .filter((part) => part !== "")
    .join(", ");
  return [
    say(title, colour),
    ...(servers.length === 0
      ? []
      : [row(["server", "state", "since", "weight", "conns", "share", "why"])]),
    ...servers.map((server) => serverLine(server, { id, at, counted, screen })),
    ...refused.map((change) => say(`  the kernel refuses to ${printable(change)}`, "red")),
    ...edits.map(({ row: where, found }) =>
      say(`  set by ipvsadm: ${where ?? "the service"}: ${printable(found)}`),
    ),
    ...(driftAt === undefined
      ? []
      : [say(`  another hand changed it ${sayDuration(at - driftAt)} ago`)]),
  ];
}

interface Around {
  readonly id: string;
  readonly at: number;
  readonly counted: Counted | undefined;
  readonly screen: Screen;
}

function serverLine(server: ServerState, { id, at, counted, screen }: Around): string {
  const { state, since, weight, fileWeight, forwarding } = server;
  const now = counted?.get(rowKey(id, server.row));
  const weights =
    fileWeight === undefined || weight === fileWeight
      ? `${weight ?? "-"}`
      : `${weight ?? "-"} of ${fileWeight}`;
  const text = row([
    server.server,
    server.role === "fallback" ? `fallback${state === "standby" ? ", idle" : ""}` : state,
    since === undefined ? "" : sayDuration(at - since),
    weights,
    now === undefined ? "" : String(now.active),
    now === undefined ? "" : `${Math.round(now.share * 100)}%`,
    `${whyOf(server)}${forwarding === "local" ? " (local)" : ""}`,
  ]);
  const shown =
    screen.columns === undefined || text.length <= screen.columns
      ? text
      : `${text.slice(0, screen.columns - 1)}…`;
  if (state === "down") return coloured(screen, "red", shown);
  return state === "up" || state === "fallback" || state === "standby"
    ? shown
    : coloured(screen, "yellow", shown);
}

const widths = [24, 15, 8, 7, 6, 6] as const;

/** One line of the table; a cell that is too wide pushes the others. */
const row = (cells: readonly string[]): string =>
  `  ${cells.map((cell, i) => (i < widths.length ? `${cell.padEnd((widths[i] ?? 0) - 1)} ` : cell)).join("")}`.trimEnd();
