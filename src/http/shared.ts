/** One serves all that ask within so long; */
const freshMs = 1_000;
/** and of a large table for longer, so that making it takes a tenth of the time; */
const timesItsCost = 10;
/** but who looks at night is not shown what has long changed. */
const oldestMs = 5_000;

/** A value that costs something: however many ask, and however often, one is made at a time, and all have the same. */
export class Shared<T> {
  readonly #make: () => Promise<T>;
  readonly #clock: () => number;
  #newest: Promise<T> | undefined;
  #isUnderWay = false;
  /** What is made when the one under way is done: it shows what was changed meanwhile. */
  #next: Promise<T> | undefined;
  #isOutdated = false;
  #goodUntil = Number.NEGATIVE_INFINITY;

  /** @param clock monotonic, milliseconds */
  constructor(make: () => Promise<T>, clock: () => number = () => performance.now()) {
    this.#make = make;
    this.#clock = clock;
  }

  get(): Promise<T> {
    if (this.#next !== undefined) return this.#next;
    const isGood = !this.#isOutdated && (this.#isUnderWay || this.#clock() <= this.#goodUntil);
    if (this.#newest !== undefined && isGood) return this.#newest;
    if (!this.#isUnderWay) return this.#begin();
    this.#next = Promise.allSettled([this.#newest]).then(() => this.#begin());
    return this.#next;
  }

  /** What it shows was changed: who asks next is to see it. */
  outdate(): void {
    this.#isOutdated = true;
  }

  #begin(): Promise<T> {
    this.#next = undefined;
    this.#isOutdated = false;
    this.#isUnderWay = true;
    this.#newest = this.#timed();
    return this.#newest;
  }

  async #timed(): Promise<T> {
    const from = this.#clock();
    try {
      const made = await this.#make();
      const now = this.#clock();
      this.#goodUntil = now + Math.min(oldestMs, Math.max(freshMs, timesItsCost * (now - from)));
      return made;
    } catch (error) {
      this.#goodUntil = Number.NEGATIVE_INFINITY;
      throw error;
    } finally {
      this.#isUnderWay = false;
    }
  }
}
