import type { Machine } from "./machine.ts";
import { Story } from "./story.ts";

/** One director, and what its log has told so far. */
export class Side {
  readonly machine: Machine;
  readonly story = new Story();
  /** So many lines of the log are of steps before. */
  #old = 0;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  /** What the log tells of this step. */
  news(log: string): string[] {
    const lines = this.story.plain(this.machine.read(log));
    // A log that was moved away begins anew.
    return lines.length < this.#old ? lines : lines.slice(this.#old);
  }

  /** The step is over. */
  pass(log: string): void {
    const lines = this.story.plain(this.machine.read(log));
    this.story.keep(lines.slice(this.#old));
    this.#old = lines.length;
  }
}
