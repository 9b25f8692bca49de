import type { Severity } from "../../../src/log/events/event.ts";
import {
  type EventFields,
  type EventName,
  events,
  fieldsOf,
  textOf,
} from "../../../src/log/events/events.ts";
import type { Logger } from "../../../src/log/logger.ts";

interface LoggedEvent {
  readonly name: EventName;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** An event's fields as the journal has them; the event's own names, so that a test cannot ask for others. */
type PrintedFields<N extends EventName> = {
  readonly [K in keyof EventFields<N>]: EventFields<N>[K] extends number | undefined
    ? EventFields<N>[K]
    : string;
};

/** A logger that remembers. */
export interface MemoryLog extends Logger {
  readonly events: readonly LoggedEvent[];
  /** The texts of `events`. */
  readonly lines: readonly string[];
  readonly debugLines: readonly string[];
  /** The fields of every event of that name so far. */
  all<N extends EventName>(name: N): readonly PrintedFields<N>[];
  /** The first event of that name that fits, past or to come. Never rejects: the test's own time limit does. */
  until<N extends EventName>(
    name: N,
    fits?: (fields: PrintedFields<N>) => boolean,
  ): Promise<PrintedFields<N>>;
}

export function memoryLog(): MemoryLog {
  const seen: LoggedEvent[] = [];
  const lines: string[] = [];
  const debugLines: string[] = [];
  const waiting = new Set<(event: LoggedEvent) => void>();

  return {
    events: seen,
    lines,
    debugLines,
    event(name, fields) {
      const { severity }: { readonly severity: Severity } = events[name];
      const text = textOf(name, fields);
      if (severity === "debug") {
        debugLines.push(text);
        return;
      }
      const event: LoggedEvent = { name, fields: { ...fields, ...fieldsOf(name, fields) }, text };
      seen.push(event);
      lines.push(event.text);
      for (const tell of [...waiting]) tell(event);
    },
    debug(text) {
      debugLines.push(text);
    },
    all<N extends EventName>(name: N) {
      return seen
        .filter((event) => event.name === name)
        .map((event) => event.fields as PrintedFields<N>);
    },
    until<N extends EventName>(name: N, fits: (fields: PrintedFields<N>) => boolean = () => true) {
      const matches = (event: LoggedEvent) =>
        event.name === name && fits(event.fields as PrintedFields<N>);
      const past = seen.find(matches);
      if (past !== undefined) return Promise.resolve(past.fields as PrintedFields<N>);
      return new Promise<PrintedFields<N>>((resolve) => {
        const look = (event: LoggedEvent) => {
          if (!matches(event)) return;
          waiting.delete(look);
          resolve(event.fields as PrintedFields<N>);
        };
        waiting.add(look);
      });
    },
  };
}
