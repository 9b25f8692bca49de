import type { LogLevel } from "../model/log-target.ts";
import { priorities, type Severity } from "./events/event.ts";
import { events, fieldsOf, textOf } from "./events/events.ts";
import type { Logger } from "./logger.ts";
import type { LogRecord, LogSink } from "./record.ts";

/** A logger whose destinations may change under way: a reload may name another log file. */
export interface RedirectableLogger extends Logger {
  /** Closes those in use and goes on with `destinations`. @param level default: as before */
  redirect(destinations: readonly LogSink[], level?: LogLevel): void;
  close(): void;
}

export interface LoggerOptions {
  /** Default: info. */
  readonly level?: LogLevel;
  readonly now?: () => number;
}

export function createLogger(
  destinations: readonly LogSink[],
  { level: firstLevel = "info", now = Date.now }: LoggerOptions = {},
): RedirectableLogger {
  let current = destinations;
  let level: LogLevel = firstLevel;

  const isWanted = (severity: Severity) => priorities[severity] <= priorities[level];
  const write = (record: LogRecord) => {
    for (const destination of current) destination.write(record);
  };

  return {
    event(name, values) {
      const { severity }: { readonly severity: Severity } = events[name];
      if (!isWanted(severity)) return;
      const text = textOf(name, values);
      write({ time: now(), severity, name, text, fields: fieldsOf(name, values) });
    },
    debug(text) {
      if (!isWanted("debug")) return;
      write({ time: now(), severity: "debug", name: "debug", text, fields: {} });
    },
    redirect(next, nextLevel = level) {
      const before = current;
      current = next;
      level = nextLevel;
      for (const destination of before) if (!next.includes(destination)) destination.close();
    },
    close() {
      for (const destination of current) destination.close();
      current = [];
    },
  };
}
