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
  readonly #judgements = new Line();
  readonly #starts = new Line();
  #isDraining = false;

  /** Calls `judge` after the next poll, before anything is started. */
  afterPoll(judge: () => void): void {
    this.#judgements.add(judge);
    this.#drainSoon();
  }

  /** Calls `begin` when its turn has come. @returns takes it out of the line */
  start(begin: () => void): () => void {
    const leave = this.#starts.add(begin);
    this.#drainSoon();
    return leave;
  }

  #drainSoon(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    setImmediate(() => {
      this.#isDraining = false;
      if (!this.#judgements.isEmpty) readAnnounced();
      this.#judgements.slice();
      this.#starts.slice();
      if (!this.#judgements.isEmpty || !this.#starts.isEmpty) this.#drainSoon();
    });
  }
}

/** So long each line may have the loop at once. */
const sliceMs = 5;

/** Who comes first goes first. An array, for a Set that is filled and emptied all the time keeps the collector busy. */
class Line {
  /** With holes, where one has left. */
  #waiting: ((() => void) | undefined)[] = [];
  /** How many of these have had their turn. */
  #served = 0;
  /** How many stood before these, and are forgotten. */
  #before = 0;

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** @returns takes it out */
  add(next: () => void): () => void {
    const number = this.#before + this.#waiting.push(next) - 1;
    return () => {
      const at = number - this.#before;
      if (at >= this.#served) this.#waiting[at] = undefined;
    };
  }

  slice(): void {
    const end = performance.now() + sliceMs;
    while (this.#served < this.#waiting.length) {
      const next = this.#waiting[this.#served++];
      if (next === undefined) continue;
      next();
      if (performance.now() >= end) break;
    }
    this.#before += this.#served;
    this.#waiting = this.#waiting.slice(this.#served);
    this.#served = 0;
  }
}
