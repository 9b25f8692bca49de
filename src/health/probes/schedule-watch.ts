import type { Logger } from "../../log/logger.ts";

/** Looked at as one. */
const windowMs = 10_000;
/** From this share of late starts on, the schedule is not kept. */
const lateShare = 0.1;
const tellEveryMs = 60_000;

/** How well the schedule was kept in the last whole window. */
export interface Punctuality {
  readonly started: number;
  /** Started more than half their interval after they were due. */
  readonly late: number;
  readonly worstMs: number;
}

/**
 * Sees whether probes start when they are due. Above what one loop, or its descriptors, can do, each is asked less
 * often than the file says: told when it begins, each minute while it lasts, and when it is over.
 */
export class ScheduleWatch {
  readonly #log: Logger;
  #windowEnd = 0;
  #started = 0;
  #late = 0;
  #worstMs = 0;
  #last: Punctuality = { started: 0, late: 0, worstMs: 0 };
  /** Both by the monotonic clock. */
  #stretchedSince: number | undefined;
  #toldAt = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** A probe was started. @param now monotonic, milliseconds */
  started(lateMs: number, intervalMs: number, now: number): void {
    if (now >= this.#windowEnd) this.#close(now);
    this.#started++;
    if (lateMs > intervalMs / 2) this.#late++;
    if (lateMs > this.#worstMs) this.#worstMs = lateMs;
  }

  punctuality(): Punctuality {
    return this.#last;
  }

  #close(now: number): void {
    this.#last = { started: this.#started, late: this.#late, worstMs: this.#worstMs };
    this.#started = 0;
    this.#late = 0;
    this.#worstMs = 0;
    this.#windowEnd = now + windowMs;
    const { started, late, worstMs } = this.#last;
    if (late > started * lateShare) {
      this.#stretchedSince ??= now;
      if (this.#toldAt > 0 && now - this.#toldAt < tellEveryMs) return;
      this.#toldAt = now;
      this.#log.event("schedule-stretched", { started, late, worstMs: Math.round(worstMs) });
    } else if (this.#stretchedSince !== undefined) {
      const seconds = Math.round((now - this.#stretchedSince) / 1000);
      this.#stretchedSince = undefined;
      this.#toldAt = 0;
      this.#log.event("schedule-kept", { seconds });
    }
  }
}
