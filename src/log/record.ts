import type { EventName, Severity } from "./events.ts";

/** One thing said: what a destination gets to write. */
export interface LogRecord {
  /** Epoch milliseconds. */
  readonly time: number;
  readonly severity: Severity;
  /** `debug` is a line of -d, not an event. */
  readonly name: EventName | "debug";
  /** May hold several lines. */
  readonly text: string;
  /** What the text was made of; secrets in it print as `[secret]`. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Where records end up. `write` is synchronous and never throws: see lossy.ts. */
export interface Destination {
  write(record: LogRecord): void;
  close(): void;
}

/** The lines of a message that say something: a text may end in newlines, or hold some. */
export const linesOf = (text: string): readonly string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.replace(/[\0\r]/g, " "))
    .filter((line) => line.trim() !== "");
