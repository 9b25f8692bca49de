/** How often the loop is looked at. A stall shorter than this may go unseen; longer ones are seen whole. */
const tickMs = 100;

/**
 * How late our own event loop runs. A timeout that fell into such a stall says nothing about a real server:
 * its answer may have been lying in the socket. Costs one timer for the whole daemon.
 */
export class LoopLag {
  readonly #clock: () => number;
  #lostMs = 0;
  #expected = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param clock monotonic, milliseconds */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  start(): void {
    if (this.#timer === undefined) this.#arm();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /**
   * All time lost to stalls since `start`, the present one included, in milliseconds: it never falls, so
   * the difference of two readings is what was lost between them.
   */
  lostMs(): number {
    return this.#lostMs + (this.#timer === undefined ? 0 : this.#overdue());
  }

  #overdue(): number {
    return Math.max(0, this.#clock() - this.#expected);
  }

  #arm(): void {
    this.#expected = this.#clock() + tickMs;
    this.#timer = setTimeout(() => {
      this.#lostMs += this.#overdue();
      this.#arm();
    }, tickMs);
    this.#timer.unref();
  }
}
