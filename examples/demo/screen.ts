import type { Snapshot } from "../../src/daemon.ts";
import type { Outcome } from "../../src/health/runner.ts";
import type { TableRow } from "../../src/ipvs/ipvs.ts";
import { formatEndpoint } from "../../src/model/address.ts";
import { serviceId } from "../../src/model/virtual-service.ts";

/** What one real server of the file looks like now. */
export interface RealLine {
  readonly real: string;
  readonly health: string;
  /** The last probe's own words. */
  readonly why: string;
}

export interface Frame {
  /** What this is, and on which table. */
  readonly title: readonly string[];
  readonly chapter: string;
  readonly table: readonly TableRow[];
  /** By service id, in file order. */
  readonly reals: ReadonlyMap<string, readonly RealLine[]>;
  readonly log: readonly string[];
}

const columns = (cells: readonly string[], widths: readonly number[]) =>
  cells
    .map((cell, i) => cell.padEnd(widths[i] ?? 0))
    .join("  ")
    .trimEnd();

/** The table as `ipvsadm -Ln` lays it out: what the kernel (or the embedded table) holds. */
export function tableLines(table: readonly TableRow[]): string[] {
  const lines = [
    "Prot LocalAddress:Port Scheduler",
    "  -> RemoteAddress:Port        Forward  Weight",
  ];
  for (const { service, dests } of table) {
    const id = serviceId(service.key);
    const [protocol = "", ...name] = id.split(":");
    lines.push(`${protocol.toUpperCase().padEnd(4)} ${name.join(":")} ${service.scheduler}`);
    for (const dest of dests) {
      const cells = ["  ->", formatEndpoint(dest.endpoint), dest.forwarding, String(dest.weight)];
      lines.push(columns(cells, [4, 26, 7, 6]));
    }
    if (dests.length === 0) lines.push("  (no real server)");
  }
  return lines;
}

function healthLines(reals: Frame["reals"]): string[] {
  return [...reals].flatMap(([id, lines]) => [
    id,
    ...lines.map((line) => columns(["  ", line.real, line.health, line.why], [2, 26, 8, 0])),
  ]);
}

/**
 * The whole picture, cut to the terminal; the newest log lines take what room is left. A low terminal
 * does without the part on the checks.
 * @param size columns and rows
 */
export function render(frame: Frame, size: { columns: number; rows: number }): string[] {
  const head = [...frame.title, "", `>> ${frame.chapter}`, "", ...tableLines(frame.table), ""];
  const checks = ["Real servers, and what their last check said", ...healthLines(frame.reals), ""];
  const leastLog = 4;
  const isLow = head.length + checks.length + leastLog > size.rows;
  const top = [...head, ...(isLow ? [] : checks), "Log"];
  const room = Math.max(leastLog, size.rows - top.length - 1);
  const lines = [...top, ...frame.log.slice(-room)].slice(0, size.rows - 1);
  return lines.map((line) => line.slice(0, size.columns));
}

/** What the daemon knows, for the eye. */
export function frameOf(
  title: readonly string[],
  chapter: string,
  table: readonly TableRow[],
  { config, health }: Snapshot,
  log: readonly string[],
): Frame {
  const reals = new Map(
    config.virtuals.map(({ key, reals }) => {
      const id = serviceId(key);
      const lines = reals.map(({ endpoint }) => ({
        real: formatEndpoint(endpoint),
        health: health.maintenance(id, endpoint) ?? health.health(id, endpoint).phase,
        why: wordsOf(health.last(id, endpoint)?.outcome),
      }));
      return [id, lines];
    }),
  );
  return { title, chapter, table, reals, log };
}

function wordsOf(outcome: Outcome | undefined): string {
  switch (outcome?.kind) {
    case "verdict":
      return outcome.verdict.up
        ? outcome.verdict.detail
        : `${outcome.verdict.reason}: ${outcome.verdict.detail}`;
    case "local-fault":
      return `no verdict: ${outcome.code}`;
    case "cut-short":
    case undefined:
      return "";
  }
}

/** A terminal is redrawn in place; anything else (a pipe, a file) gets what changed, and the log as it comes. */
export class Screen {
  readonly #out: NodeJS.WriteStream;
  #last = "";
  #logged = 0;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  show(frame: Frame): void {
    if (this.#out.isTTY) {
      const { columns, rows } = this.#out;
      const text = render(frame, { columns, rows }).join("\x1b[K\n");
      if (text !== this.#last) this.#out.write(`\x1b[H${text}\x1b[J`);
      this.#last = text;
      return;
    }
    const text = [`>> ${frame.chapter}`, ...tableLines(frame.table)].join("\n");
    if (text !== this.#last) {
      if (this.#last === "") this.#out.write(`${frame.title.join("\n")}\n`);
      this.#out.write(`\n${text}\n`);
    }
    this.#last = text;
    this.#writeLog(frame.log);
  }

  /** The terminal keeps what was seen last, and the end of the log below it. */
  end(log: readonly string[]): void {
    if (this.#out.isTTY) this.#out.write(`\n${log.slice(-6).join("\n")}\n`);
    else this.#writeLog(log);
  }

  #writeLog(log: readonly string[]): void {
    for (const line of log.slice(this.#logged)) this.#out.write(`${line}\n`);
    this.#logged = log.length;
  }
}
