import { setImmediate as nextTurn } from "node:timers/promises";

/** After this long the event loop gets a turn. */
const sliceMs = 4;

/** Gives the event loop a turn whenever a slice of time is used up. */
export class Turns {
  #start = performance.now();

  /** @returns undefined while the slice lasts */
  yieldIfLong(): Promise<void> | undefined {
    if (performance.now() - this.#start < sliceMs) return undefined;
    return nextTurn().then(() => {
      this.#start = performance.now();
    });
  }
}
