import type { Table } from "./table.ts";

/** One line of a log that tells of a row of the table. */
interface RowLine {
  /** Virtual service and real or fallback server. */
  readonly key: string;
  /** What the row is after it: `weight 5`, `quiesced`, `gone`. */
  readonly state: string;
}

const logLine = /^\[[^\]|]*(?:\|[^\]|]*\|\d+)?\] /;

const rowLine =
  /^(Added|Restored|Quiescent|Readd Quiescent|Deleted|Purged) (real|fallback) server(?: \((?:start|stop)\))?: (\S+?)(?: mapped from (\S+))? \((\S+)\)(?: \(Weight set to (\d+)\))?$/;

function rowOf(line: string): RowLine | undefined {
  const found = rowLine.exec(line);
  if (!found) return undefined;
  const [, verb = "", kind, real, asWritten, virtual, weight] = found;
  // A server whose weight in the file is 0 is quiesced, too: the table shows no difference.
  const isQuiesced = /Quiescent/.test(verb) || weight === "0";
  const state = isQuiesced ? "quiesced" : weight ? `weight ${weight}` : "gone";
  return { key: `${kind} ${asWritten ?? real} of ${virtual}`, state };
}

/** What differs for every case, and is therefore left out here. Each id is one of docs/differences.md (`parity:ID`). */
export const leftOut: Readonly<Record<string, string>> = {
  "start-dance": "the original adds and removes servers before their first check",
  "unchanged-services": "the original changes services that did not change",
  "blank-lines": "ours leaves out the empty line that a message's own line feed makes",
  "mail-sender": "the original's mails have the user that it runs as for their envelope's sender",
  "own-warnings": "ours says what it makes of a doubtful line of the file",
  "own-lines":
    "ours says why a server is down, which service has none, which file takes it out, and what it holds against itself",
};

const ownLines =
  /^(Check failed|Down at its first check|Service (?:down|up)|Maintenance(?: over)?): |^Local trouble\b|^Checks run (?:late|on time)\b|^maintenancedir \S+ cannot be read: /;

/** `/etc/ha.d/parity.cf:3:5: warning: …`; the original's own are in its words. */
const ownWarning = /^\/\S+\.cf:\d+:\d+: warning: /;

/** As what a line is left out that only ours has. */
function ownId(line: string): string | undefined {
  if (ownWarning.test(line)) return "own-warnings";
  return ownLines.test(line) ? "own-lines" : undefined;
}

/** Which of `leftOut` this run has met. */
export const met = new Set<string>();

/**
 * What a log tells of a step in which daemons start or reload: each row's state at the end, where it is another
 * than before. Counts of failures start anew, and rows come and go until each server has been asked.
 */
export class Story {
  readonly #states = new Map<string, string>();
  /** Which of `leftOut` it has met. */
  readonly met = new Set<string>();

  /** @returns lines that are the same for both programs, in an order of their own */
  net(lines: readonly string[]): string[] {
    const after = new Map(this.#states);
    const others: string[] = [];
    const seen = new Set<string>();
    for (const line of lines) {
      const row = rowOf(line);
      if (row) {
        if (seen.has(row.key)) this.met.add("start-dance");
        seen.add(row.key);
        after.set(row.key, row.state);
      } else if (/^Changed virtual server/.test(line)) this.met.add("unchanged-services");
      else if (!this.#isOurs(line) && !/^Resetting soft failure count|^Soft failure/.test(line))
        others.push(line);
    }
    const changed = [...after].filter(
      ([key, state]) => (this.#states.get(key) ?? "gone") !== state,
    );
    return [...others, ...changed.map(([key, state]) => `${key}: ${state}`)].sort();
  }

  /** What a log tells of any other step: every line, as it stands; for each row in its order. */
  exact(lines: readonly string[]): string[] {
    const kept = lines.filter((line) => {
      // How many reminders there are depends on time; the mails tell that there are.
      if (/^emailalert: .*Inaccessible /.test(line)) return false;
      return !this.#isOurs(line);
    });
    const byKey = new Map<string, string[]>();
    for (const line of kept) {
      const key = rowOf(line)?.key ?? /: (\S+ \(\S+\))/.exec(line)?.[1] ?? line;
      byKey.set(key, [...(byKey.get(key) ?? []), line]);
    }
    return [...byKey.values()].map((list) => list.join(" → ")).sort();
  }

  #isOurs(line: string): boolean {
    const id = ownId(line);
    if (id !== undefined) this.met.add(id);
    return id !== undefined;
  }

  /** A log's lines, as below. */
  plain(log: string): string[] {
    return plainLines(log, this.met);
  }

  /** What a command printed. */
  said(text: string): string[] {
    return said(text, this.met);
  }

  /** Rows that stand in the table before a daemon has said anything of them. */
  know(table: Table): void {
    for (const [service, { rows }] of table) {
      const virtual = service.split(" ")[1];
      for (const [real, row] of rows) {
        const weight = / weight (\d+)/.exec(row)?.[1];
        const state = weight === "0" ? "quiesced" : `weight ${weight}`;
        for (const kind of ["real", "fallback"]) {
          this.#states.set(`${kind} ${real} of ${virtual}`, state);
        }
      }
    }
  }

  /** The step is over: its rows are the ones before the next. */
  keep(lines: readonly string[]): void {
    for (const line of lines) {
      const row = rowOf(line);
      if (row) this.#states.set(row.key, row.state);
    }
  }
}

/** Without what stands in brackets before it; pids as PID. @param met is told what was left out */
function plainLines(log: string, met: Set<string>): string[] {
  const lines = log.replace(/\n$/, "").split("\n");
  const full = lines.filter((line) => line.trim() !== "");
  if (full.length < lines.length && full.length > 0) met.add("blank-lines");
  return full.map((line) =>
    line
      .replace(logLine, "")
      .replaceAll(/\[\d+\]/g, "[PID]")
      .replaceAll(/\b(pid:?) \d+/g, "$1 PID")
      .replace(/(invoked as:) \S+/, "$1 PROGRAM"),
  );
}

/** What a command printed. */
export const said = (text: string, noted = met): string[] =>
  plainLines(`${text}\n`, noted).map((line) => line.replaceAll(/\bpid: \d+/g, "pid: PID"));
