import type { Severity } from "./events/event.ts";
import type { EventName } from "./events/events.ts";

/** One thing said: what a destination gets to write. */
export interface LogRecord {
  /** Epoch milliseconds. */
  readonly time: number;
  readonly severity: Severity;
  /** `debug` is a line of -d, not an event. */
  readonly name: EventName | "debug";
  /** Whatever a destination is given, it writes one line: see sinks/lossy.ts. */
  readonly text: string;
  /** What the text was made of, printed; secrets in it are `[secret]`. */
  readonly fields: Readonly<Record<string, string | number>>;
}

/** Where records end up. `write` is synchronous and never throws: see sinks/lossy.ts. */
export interface LogSink {
  write(record: LogRecord): void;
  close(): void;
}
