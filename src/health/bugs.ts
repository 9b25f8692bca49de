import type { Logger } from "../log/logger.ts";
import { stackOf } from "../model/error-text.ts";

/** What is logged of bugs: a message may hold all that a server said, another one each time. */
const maxBugs = 20;
const maxStackChars = 4096;

/** The same bug in a thousand probes, every second, is one entry in the log. */
export class Bugs {
  readonly #log: Logger;
  readonly #seen = new Set<string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  note(error: unknown): void {
    const stack = stackOf(error).slice(0, maxStackChars);
    if (this.#seen.has(stack) || this.#seen.size >= maxBugs) return;
    this.#seen.add(stack);
    this.#log.event("internal-error", { stack });
  }
}
