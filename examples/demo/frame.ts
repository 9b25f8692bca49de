import type { TableDest, TableRow } from "../../src/ipvs/ipvs.ts";
import type { Severity } from "../../src/log/events/event.ts";
import { formatEndpoint } from "../../src/model/address.ts";
import { serviceId } from "../../src/model/virtual-service.ts";
import type { Beats, Mark } from "./beats.ts";
import type { Counted } from "./client.ts";
import type { Report } from "./report.ts";
import { harmless, type Line, plain, span, type Tone, widthOf, wrapped } from "./text.ts";

/** What a scene says: what happens, and what to look at. */
export interface Caption {
  readonly head: string;
  readonly look: string;
}

export interface Said {
  /** Epoch milliseconds. */
  readonly time: number;
  readonly severity: Severity;
  readonly text: string;
}

/** One server: what the table has of it, what is believed of it, and what its checks came to. */
interface PanelRow {
  readonly real: string;
  /** `masq 2`, or `no row`. */
  readonly row: string;
  readonly state: string;
  readonly marks: readonly Mark[];
  readonly why: string;
}

interface PanelService {
  readonly name: string;
  readonly rows: readonly PanelRow[];
  /** Of its servers, those that are up and in the table, and not among `rows`. */
  readonly leftOut?: number;
}

export interface Frame {
  /** What this is, and on which table. */
  readonly title: readonly string[];
  readonly caption: Caption;
  readonly requests?: Counted;
  readonly services: readonly PanelService[];
  /** The newest last. */
  readonly log: readonly Said[];
}

/** How marks look; the second for where only ASCII is sure to be drawn. */
export const drawn: Readonly<Record<Mark, string>> = {
  up: "●",
  failed: "✗",
  none: "?",
  missed: "·",
};
export const drawnInAscii: typeof drawn = { up: "+", failed: "x", none: "?", missed: "." };

const markTones: Readonly<Record<Mark, Tone>> = {
  up: "good",
  failed: "bad",
  none: "doubtful",
  missed: "faint",
};
const stateTones: ReadonlyMap<string, Tone> = new Map([
  ["up", "good"],
  ["down", "bad"],
]);
const severityTones: ReadonlyMap<Severity, Tone> = new Map([
  ["error", "bad"],
  ["warning", "doubtful"],
]);

/** The servers of the file, each with its row in the table, and then the rows that are not of the file's servers. */
export function panelOf(
  table: readonly TableRow[],
  report: Report,
  beats: Beats,
): readonly PanelService[] {
  const tables = new Map(table.map((row) => [serviceId(row.service.key), row]));
  const named = report.map(({ id, reals, fallback }): PanelService => {
    const found = tables.get(id);
    tables.delete(id);
    const dests = new Map(found?.dests.map((dest) => [formatEndpoint(dest.endpoint), dest]));
    const rows = reals.map(({ real, row, state, why }): PanelRow => {
      const dest = dests.get(row);
      dests.delete(row);
      return { real, row: rowText(dest), state, marks: beats.of(id, real), why };
    });
    return { name: nameOf(id, found), rows: [...rows, ...[...dests].map(unasked(fallback))] };
  });
  const others = [...tables].map(([id, row]): PanelService => {
    const dests = row.dests.map((dest) => [formatEndpoint(dest.endpoint), dest] as const);
    return { name: nameOf(id, row), rows: dests.map(unasked(undefined)) };
  });
  return [...named, ...others];
}

const unasked =
  (fallback: string | undefined) =>
  ([real, dest]: readonly [string, TableDest]): PanelRow => {
    const row = rowText(dest);
    return real === fallback
      ? { real, row, state: "fallback", marks: [], why: "serves while no other can" }
      : { real, row, state: "", marks: [], why: "is not in the file" };
  };

const rowText = (dest: TableDest | undefined): string =>
  dest === undefined ? "no row" : `${dest.forwarding} ${dest.weight}`;

function nameOf(id: string, row: TableRow | undefined): string {
  const [protocol = "", ...name] = id.split(":");
  const how = row === undefined ? "(not in the table)" : row.service.scheduler;
  return `${protocol.toUpperCase()}  ${name.join(":")} ${how}`;
}

const shortestBeat = 8;
const longestBeat = 30;
/** What a check's words want beside the beat. */
const roomForWhy = 30;
const leastLog = 4;

/** The whole picture. What is too wide goes on in the next line; of the log, the newest that there is room for. */
export function render(
  frame: Frame,
  size: { readonly columns: number; readonly rows: number },
  marks: typeof drawn = drawn,
): Line[] {
  const { columns, rows } = size;
  const head = [
    ...frame.title.flatMap((text) => paragraph(text, columns, "faint")),
    [],
    ...paragraph(`>> ${frame.caption.head}`, columns, "strong", 3),
    ...paragraph(`   ${frame.caption.look}`, columns, undefined, 3),
    ...(frame.requests ? [requestsLine(frame.requests)] : []),
    [],
  ];
  const roomForPanel = rows - head.length - leastLog - 1;
  const panel = fitting(frame.services, roomForPanel, columns, marks);
  const top = [...head, ...panel, [span("Log", "faint")]];
  return [...top, ...newest(frame.log, rows - top.length, columns)]
    .slice(0, rows)
    .map((line) => (widthOf(line) > columns ? [span(plain(line).slice(0, columns))] : line));
}

const paragraph = (text: string, columns: number, tone?: Tone, indent = 0): Line[] =>
  text.trim() === "" ? [] : wrapped(text, columns, indent).map((line) => [span(line, tone)]);

export function requestsLine({ since, answered, failedBy }: Counted): Line {
  const failed = [...failedBy.values()].reduce((sum, count) => sum + count, 0);
  const whose = [...failedBy].map(([name, count]) => `${name} ${count}`).join(", ");
  const told = failed === 0 ? "0 failed" : `${failed} failed (${whose})`;
  const head = `   Requests since ${since}: ${answered + failed}, `;
  return [span(head), span(told, failed === 0 ? "good" : "bad")];
}

/** All servers; where they are too many those in trouble alone; where that is too much the first of them. */
function fitting(
  services: readonly PanelService[],
  room: number,
  columns: number,
  marks: typeof drawn,
): Line[] {
  const all = panelLines(services, columns, marks);
  if (all.length <= room) return all;
  const isWell = ({ state, row }: PanelRow) => state === "up" && row !== "no row";
  const inTrouble = services.map(({ name, rows }) => {
    const troubled = rows.filter((row) => !isWell(row));
    return { name, rows: troubled, leftOut: rows.length - troubled.length };
  });
  const fewer = panelLines(inTrouble, columns, marks);
  if (fewer.length <= room) return fewer;
  const shown = fewer.slice(0, Math.max(1, room - 1));
  const left = fewer.length - shown.length;
  return [...shown, [span(`  ... ${left} lines more: make the terminal taller`, "faint")]];
}

export function panelLines(
  services: readonly PanelService[],
  columns: number,
  marks: typeof drawn = drawn,
): Line[] {
  const rows = services.flatMap((service) => service.rows);
  const width = (cell: (row: PanelRow) => string, least: number) =>
    rows.reduce((most, row) => Math.max(most, cell(row).length), least);
  const real = width((row) => row.real, 16);
  const inTable = width((row) => row.row, 6);
  const state = width((row) => row.state, 8);
  const fixed = 2 + real + 2 + inTable + 2 + state + 2;
  const beat = Math.min(longestBeat, Math.max(shortestBeat, columns - fixed - roomForWhy));
  const cells = (texts: readonly string[]) =>
    [real, inTable, state].map((wide, i) => `${(texts[i] ?? "").padEnd(wide)}  `);

  const lineOf = (row: PanelRow): Line[] => {
    const [first = "", second = "", third = ""] = cells([row.real, row.row, row.state]);
    const shown = row.marks.slice(-beat);
    const line = [
      span(`  ${first}`),
      span(second, row.row === "no row" ? "faint" : undefined),
      span(third, stateTones.get(row.state) ?? "doubtful"),
      ...shown.map((mark) => span(marks[mark], markTones[mark])),
      span(" ".repeat(beat - shown.length + 1)),
    ];
    const why = harmless(row.why);
    if (widthOf(line) + why.length <= columns) return [[...line, span(why)]];
    const indent = 6;
    return [
      line,
      ...wrapped(`${" ".repeat(indent)}${why}`, columns, indent).map((text) => [span(text)]),
    ];
  };
  const heading = `  ${cells(["Real server", "Row", "Is"]).join("")}Checks`;
  return [
    [span(`${heading.padEnd(fixed + beat + 1)}Last one said`.slice(0, columns), "faint")],
    ...services.flatMap(({ name, rows, leftOut = 0 }) => [
      ...paragraph(leftOut > 0 ? `${name}   (${leftOut} up and in the table)` : name, columns),
      ...rows.flatMap(lineOf),
      ...(rows.length + leftOut === 0 ? [[span("  (no real server)", "faint")]] : []),
    ]),
  ];
}

export const logText = ({ time, text }: Said): string => {
  const clock = new Date(time);
  const two = (number: number) => String(number).padStart(2, "0");
  const at = [clock.getHours(), clock.getMinutes(), clock.getSeconds()].map(two).join(":");
  return `${at} ${harmless(text.replace(/\s+/g, " ").trim())}`;
};

/** Messages are shown whole; of one that is longer than all of the room, its end. */
function newest(log: readonly Said[], room: number, columns: number): Line[] {
  let lines: Line[] = [];
  for (const said of log.toReversed()) {
    const tone = severityTones.get(said.severity);
    const message = wrapped(logText(said), columns, 9).map((text): Line => [span(text, tone)]);
    if (lines.length + message.length > room) {
      if (lines.length === 0) lines = message.slice(-Math.max(1, room));
      break;
    }
    lines = [...message, ...lines];
  }
  return lines;
}
