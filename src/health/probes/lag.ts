/** How often the loop is looked at. Of each stall, so much may go unseen. */
const tickMs = 25;
/** Timers of a loop that runs well are late by a millisecond or two: many of them are no stall. */
const usualMs = 5;

/**
 * How late our own event loop runs: time in which an answer may have lain in its socket. Costs one timer for the
 * whole daemon, and only while a probe is under way.
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
    this.#lostMs = this.lostMs();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /**
   * All time lost to stalls while started, the present one included, in milliseconds: it never falls, so
   * the difference of two readings is what was lost between them.
   */
  lostMs(): number {
    return this.#lostMs + (this.#timer === undefined ? 0 : this.#overdue());
  }

  #overdue(): number {
    const lateMs = this.#clock() - this.#expected;
    return lateMs > usualMs ? lateMs : 0;
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
