import { pino } from "pino";
import { type EventFields, type EventName, events, type Severity } from "./events.ts";
import type { Logger } from "./logger.ts";
import type { Destination, LogRecord } from "./record.ts";

/** A logger whose destinations may change under way: a reload may name another log file. */
export interface RedirectableLogger extends Logger {
  /** Closes those in use and goes on with `destinations`. */
  redirect(destinations: readonly Destination[]): void;
  close(): void;
}

/** debug and info are pino's own; notice lies between info and warning. */
const levels: Readonly<Record<Severity, number>> = {
  debug: 20,
  info: 30,
  notice: 35,
  warning: 40,
  error: 50,
};

interface Line {
  readonly record: LogRecord;
}

export interface LoggerOptions {
  /** Whether `debug` lines are written: -d. */
  readonly isDebug?: boolean;
  readonly now?: () => number;
}

export function createLogger(
  destinations: readonly Destination[],
  { isDebug = false, now = Date.now }: LoggerOptions = {},
): RedirectableLogger {
  let current = destinations;

  // pino hands the object itself to a stream that has this symbol, so nothing is parsed back from JSON.
  const stream = {
    [pino.symbols.needsMetadataGsym]: true as const,
    lastObj: undefined as unknown,
    write(): void {
      const { record } = this.lastObj as Line;
      for (const destination of current) destination.write(record);
    },
  };
  const log = pino(
    {
      base: null,
      timestamp: false,
      customLevels: levels,
      useOnlyCustomLevels: true,
      level: "debug",
    },
    stream,
  );

  return {
    event<N extends EventName>(name: N, fields: EventFields<N>): void {
      const { severity, text } = events[name] as {
        readonly severity: Severity;
        readonly text: (fields: EventFields<N>) => string;
      };
      const record: LogRecord = {
        time: now(),
        severity,
        name,
        text: text(fields),
        fields: { ...fields },
      };
      log[severity]({ record } satisfies Line);
    },
    debug(text) {
      if (!isDebug) return;
      const record: LogRecord = { time: now(), severity: "debug", name: "debug", text, fields: {} };
      log.debug({ record } satisfies Line);
    },
    redirect(next) {
      const before = current;
      current = next;
      for (const destination of before) if (!next.includes(destination)) destination.close();
    },
    close() {
      for (const destination of current) destination.close();
      current = [];
    },
  };
}
