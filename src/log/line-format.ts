import { createRequire } from "node:module";
import { ctime } from "./ctime.ts";
import { entryOf, type LogContext } from "./entry.ts";
import { priorities, type Severity } from "./events/event.ts";
import type { LogRecord } from "./record.ts";

/** How a record stands in a file or a stream, its line end apart. @param line the record's text as one line */
export type LineFormat = (line: string, record: LogRecord) => string;

/** What is only for debugging begins as the original's lines for -d do. */
export const bare: LineFormat = (line, { severity }) =>
  severity === "debug" ? `DEBUG2: ${line}` : line;

/** `[Sun Nov 22 17:17:29 2026] MESSAGE` */
export const dated: LineFormat = (line, record) => `[${ctime(record.time)}] ${bare(line, record)}`;

/**
 * `[Sun Nov 22 16:47:40 2026|INSTANCE|PID] MESSAGE`
 * @param instance the configuration's name on the command line, or `ldirectord`
 */
export const datedWithInstance =
  (instance: string, pid: number): LineFormat =>
  (line, record) =>
    `[${ctime(record.time)}|${instance}|${pid}] ${bare(line, record)}`;

/** pino's own are 10 to 60, growing with the gravity. */
const levels = Object.fromEntries(
  Object.entries(priorities).map(([severity, priority]) => [severity, 80 - 10 * priority]),
) as Readonly<Record<Severity, number>>;

/** A text log needs no pino. */
const load = createRequire(import.meta.url);

/** One JSON object: `level`, `time` (ISO 8601, UTC) and `pid`, then the journal's fields by the journal's names. */
export function json(context: LogContext, pid: number): LineFormat {
  const { pino } = load("pino") as typeof import("pino");
  let written = "";
  const log = pino(
    {
      base: null,
      timestamp: false,
      level: "debug",
      customLevels: levels,
      useOnlyCustomLevels: true,
      formatters: { level: (level) => ({ level }) },
    },
    {
      write: (text: string) => {
        written = text.trimEnd();
      },
    },
  );
  return (line, record) => {
    const entry = Object.fromEntries(entryOf(line, record, context));
    log[record.severity]({ time: new Date(record.time).toISOString(), pid, ...entry });
    return written;
  };
}
