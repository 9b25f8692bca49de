import type { Logger } from "../../log/logger.ts";
import { messageOf } from "../../model/error-text.ts";
import type { Notice } from "../notice.ts";
import { Rejected } from "./failure.ts";
import { oneByOne, type Pace } from "./pace.ts";
import { maxPending, withNotice } from "./pending.ts";

/** Tells one receiver. Rejects when it did not get it; as Rejected when it never will. */
export type Send = (notices: readonly Notice[], signal: AbortSignal) => Promise<void>;

export interface LaneOptions {
  /** The alert's name. */
  readonly alert: string;
  readonly log: Logger;
  readonly send: Send;
  readonly pace?: Pace;
  /** From before: they were not told yet. */
  readonly waiting?: readonly Notice[];
  /** What waits has changed: it is to outlive the daemon. */
  readonly onChange: () => void;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** Between two tries: doubled from the first to the second. */
  readonly pauseMs?: { readonly first: number; readonly longest: number };
}

/** What waits longer is given up: nobody wants to read it any more. */
const maxAgeMs = 24 * 3600 * 1000;

/** The notices on their way to one receiver, in their order, one try at a time. It holds up nobody else. */
export class Lane {
  readonly #options: LaneOptions;
  #waiting: readonly Notice[];
  /** The first so many of them are under way. */
  #sending = 0;
  #failures = 0;
  #cause: string | undefined;
  #dropped = 0;
  #work: Promise<void> | undefined;
  #isRunning = false;
  #wake: (() => void) | undefined;
  #isStopping = false;
  readonly #ending = new AbortController();

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#waiting = options.waiting ?? [];
    this.#begin();
  }

  get waiting(): readonly Notice[] {
    return this.#waiting;
  }

  /** Why the last try failed; undefined: it did not. */
  get trouble(): string | undefined {
    return this.#cause;
  }

  /** Never waits. */
  add(notice: Notice): void {
    if (this.#isStopping) return;
    const { pace, now = Date.now } = this.#options;
    if (this.#waiting.length === 0) pace?.begin(now());
    const { waiting, dropped } = withNotice(this.#waiting, notice, this.#sending);
    this.#waiting = waiting;
    const { alert, log } = this.#options;
    if (dropped > 0 && this.#dropped === 0) log.event("alert-full", { alert, limit: maxPending });
    this.#dropped += dropped;
    this.#begin();
  }

  /** What can go out at once may do so, within so long; what waits then is for the next daemon. */
  async stop(patienceMs: number): Promise<void> {
    this.#isStopping = true;
    this.#wake?.();
    const timer = setTimeout(() => this.#ending.abort(), patienceMs);
    await this.#work;
    clearTimeout(timer);
  }

  #begin(): void {
    if (this.#isRunning || this.#waiting.length === 0) return;
    this.#isRunning = true;
    this.#work = this.#run();
  }

  async #run(): Promise<void> {
    const { pace = oneByOne, now = Date.now } = this.#options;
    while (this.#waiting.length > 0 && !this.#ending.signal.aborted) {
      const turn = pace.turn(this.#waiting.length, now());
      const isTold = "take" in turn && (await this.#try(this.#waiting.slice(0, turn.take)));
      if (isTold) {
        pace.sent(now());
        continue;
      }
      if (this.#isStopping) break;
      await this.#pause("waitMs" in turn ? turn.waitMs : this.#pauseMs());
    }
    if (this.#dropped > 0 && this.#waiting.length === 0) {
      this.#tellDropped(this.#dropped, "too many were waiting");
      this.#dropped = 0;
    }
    // In the turn in which it found nothing more: what comes now begins anew.
    this.#isRunning = false;
  }

  #pauseMs(): number {
    const { first, longest } = this.#options.pauseMs ?? { first: 1_000, longest: 300_000 };
    return Math.min(longest, first * 2 ** Math.min(this.#failures - 1, 20));
  }

  /** @returns whether these wait no more */
  async #try(notices: readonly Notice[]): Promise<boolean> {
    const { alert, log, now = Date.now } = this.#options;
    this.#sending = notices.length;
    try {
      await this.#send(notices);
      this.#cause = undefined;
      if (this.#failures > 0) log.event("alert-recovered", { alert });
      this.#failures = 0;
    } catch (error) {
      if (this.#ending.signal.aborted) return false;
      this.#cause = messageOf(error);
      const isOld = notices.every(({ at }) => now() - Date.parse(at) > maxAgeMs);
      if (!isOld && !(error instanceof Rejected)) {
        if (this.#failures++ === 0) log.event("alert-failed", { alert, cause: this.#cause });
        return false;
      }
      this.#tellDropped(notices.length, this.#cause);
    } finally {
      this.#sending = 0;
    }
    this.#waiting = this.#waiting.slice(notices.length);
    this.#options.onChange();
    return true;
  }

  /** Whoever does not heed the signal is not waited for. */
  #send(notices: readonly Notice[]): Promise<void> {
    const { signal } = this.#ending;
    return new Promise((resolve, reject) => {
      const end = () => reject(new Error("ldirectord has ended"));
      signal.addEventListener("abort", end, { once: true });
      this.#options
        .send(notices, signal)
        .then(resolve, reject)
        .finally(() => signal.removeEventListener("abort", end));
    });
  }

  #tellDropped(dropped: number, cause: string): void {
    const { alert, log } = this.#options;
    log.event("alert-dropped", { alert, dropped, cause });
  }

  /** A timer keeps no process alive. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(ms, 2 ** 31 - 1));
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
