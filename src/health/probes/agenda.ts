/** Who is to be woken. */
export interface Sleeper {
  wake(): void;
}

/** What is due within so long is due at once: to wake costs more than a check, and is done fifty times a second, not thousands. */
const pageMs = 20;
/** setTimeout fires at once when asked for more; a longer wait is done in legs. */
const longestTimerMs = 2 ** 31 - 1;

interface Page {
  readonly sleepers: Set<Sleeper>;
  timer: NodeJS.Timeout;
}

/** Wakes each at its time, rounded up to the next page: one timer a page, however many are due. */
export class Agenda {
  readonly #clock: () => number;
  readonly #pages = new Map<number, Page>();

  /** @param clock monotonic, milliseconds */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** When one that is due then will be woken. */
  static timeOf(due: number): number {
    return Math.ceil(due / pageMs) * pageMs;
  }

  /** @param time as `timeOf` gives it */
  add(time: number, sleeper: Sleeper): void {
    const page = this.#pages.get(time);
    if (page !== undefined) {
      page.sleepers.add(sleeper);
      return;
    }
    this.#pages.set(time, { sleepers: new Set([sleeper]), timer: this.#timerFor(time) });
  }

  /** @param time as it was given to `add` */
  leave(time: number, sleeper: Sleeper): void {
    const page = this.#pages.get(time);
    if (page?.sleepers.delete(sleeper) !== true || page.sleepers.size > 0) return;
    clearTimeout(page.timer);
    this.#pages.delete(time);
  }

  #timerFor(time: number): NodeJS.Timeout {
    const waitMs = Math.ceil(Math.max(0, time - this.#clock()));
    return setTimeout(() => this.#open(time), Math.min(waitMs, longestTimerMs));
  }

  #open(time: number): void {
    const page = this.#pages.get(time);
    if (page === undefined) return;
    // A leg of a long wait, or a timer that fired a fraction early.
    if (this.#clock() < time) {
      page.timer = this.#timerFor(time);
      return;
    }
    this.#pages.delete(time);
    for (const sleeper of page.sleepers) sleeper.wake();
  }
}
