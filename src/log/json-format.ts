import { createRequire } from "node:module";
import { entryOf, type LogContext } from "./entry.ts";
import { priorities, type Severity } from "./events/event.ts";
import type { LineFormat } from "./line-format.ts";

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
