import { type EventFields, type EventName, events } from "../../src/log/events.ts";
import type { Logger } from "../../src/log/logger.ts";

interface LoggedEvent {
  readonly name: EventName;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** A logger that remembers. */
export interface MemoryLog extends Logger {
  readonly events: readonly LoggedEvent[];
  /** The texts of `events`. */
  readonly lines: readonly string[];
  readonly debugLines: readonly string[];
  /** The fields of every event of that name so far. */
  all<N extends EventName>(name: N): readonly EventFields<N>[];
  /** The first event of that name that fits, past or to come. Never rejects: the test's own time limit does. */
  until<N extends EventName>(
    name: N,
    fits?: (fields: EventFields<N>) => boolean,
  ): Promise<EventFields<N>>;
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
      const { text } = events[name] as { readonly text: (fields: unknown) => string };
      const event: LoggedEvent = { name, fields: { ...fields }, text: text(fields) };
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
        .map((event) => event.fields as EventFields<N>);
    },
    until<N extends EventName>(name: N, fits: (fields: EventFields<N>) => boolean = () => true) {
      const matches = (event: LoggedEvent) =>
        event.name === name && fits(event.fields as EventFields<N>);
      const past = seen.find(matches);
      if (past !== undefined) return Promise.resolve(past.fields as EventFields<N>);
      return new Promise((resolve) => {
        const look = (event: LoggedEvent) => {
          if (!matches(event)) return;
          waiting.delete(look);
          resolve(event.fields as EventFields<N>);
        };
        waiting.add(look);
      });
    },
  };
}
