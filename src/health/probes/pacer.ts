import { readAnnounced } from "../../../checks/lib/engine/engine.ts";

/**
 * Gives out the loop's time: to what is to be judged first, then to what is to be started, both in slices.
 *
 *   timers ─► what is due stands in line ─► poll: the servers' answers ─► one slice of the lines ─┐
 *     ▲                                                                                            │
 *     └────────────────────────────────────────────────────────────────────────────────────────────┘
 *
 * However many probes are due at once, the answers to those under way are read between two slices, and a deadline
 * is only judged after such a reading. What the machine cannot do waits its turn: the schedule stretches.
 */
export class Pacer {
  readonly #judgements = new Set<() => void>();
  readonly #starts = new Set<() => void>();
  #isDraining = false;

  /** Calls `judge` after the next poll, before anything is started. */
  afterPoll(judge: () => void): void {
    this.#judgements.add(judge);
    this.#drainSoon();
  }

  /** Calls `begin` when its turn has come. @returns takes it out of the line */
  start(begin: () => void): () => void {
    this.#starts.add(begin);
    this.#drainSoon();
    return () => this.#starts.delete(begin);
  }

  #drainSoon(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    setImmediate(() => {
      this.#isDraining = false;
      if (this.#judgements.size > 0) readAnnounced();
      slice(this.#judgements);
      slice(this.#starts);
      if (this.#judgements.size + this.#starts.size > 0) this.#drainSoon();
    });
  }
}

/** So long each line may have the loop at once. */
const sliceMs = 5;

function slice(line: Set<() => void>): void {
  const end = performance.now() + sliceMs;
  for (const next of line) {
    line.delete(next);
    next();
    if (performance.now() >= end) return;
  }
}
