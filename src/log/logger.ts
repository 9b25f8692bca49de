import type { EventFields, EventName } from "./events/events.ts";

/** Where every part of the daemon reports. Never throws, never blocks on a reader. */
export interface Logger {
  event<N extends EventName>(name: N, fields: EventFields<N>): void;
  /** For -d and `[log] level = debug`: one line, without secrets. */
  debug(text: string): void;
}
