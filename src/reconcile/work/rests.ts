/** A service of no more rows is brought as often as it changes. */
const restingRows = 500;
/** It rests so many times as long as it took: then it has a fifth of the loop's time at most. */
const restShare = 4;
const longestMs = 400;

/**
 * One change of a large service costs as much as all of it. When thousands of its servers change one after the
 * other, it rests between two of its turns, and what changes meanwhile is one piece of work: the work grows with
 * their number, not with its square.
 */
export class Rests {
  readonly #until = new Map<string, number>();

  /** It was worked on for so long. */
  begin(id: string, rows: number, tookMs: number): void {
    if (rows <= restingRows) return;
    this.#until.set(id, performance.now() + Math.min(longestMs, tookMs * restShare));
  }

  /** How long it still rests; 0: it does not. */
  leftMs(id: string): number {
    const until = this.#until.get(id);
    if (until === undefined) return 0;
    const leftMs = until - performance.now();
    if (leftMs > 0) return leftMs;
    this.#until.delete(id);
    return 0;
  }
}
