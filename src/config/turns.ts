import { setImmediate } from "node:timers/promises";

/** Pure work that can be put down between any two steps, so that a large file holds up nobody. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Far below what a check with a deadline would notice. */
const turnMs = 5;

/** All steps in one go. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The event loop has its turn every few milliseconds. */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    const until = performance.now() + turnMs;
    do {
      const step = steps.next();
      if (step.done === true) return step.value;
    } while (performance.now() < until);
    await setImmediate();
  }
}
