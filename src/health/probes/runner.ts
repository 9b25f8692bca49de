import { down, type PreparedProbe, type Verdict } from "../../../checks/check.ts";
import { type Ear, listenFor } from "../../../checks/lib/heard.ts";
import type { Run } from "../../../checks/lib/run-signal.ts";
import { Words } from "../../../checks/lib/words.ts";
import type { Endpoint } from "../../model/address.ts";
import { messageOf } from "../../model/error-text.ts";
import { breathMs, lateLookMs, longestRunMs, mayBeOurDoing, ServerTime } from "./server-time.ts";

/** What became of one run of a probe. Only a verdict says anything about the real server. */
export type ProbeOutcome =
  | {
      readonly kind: "verdict";
      readonly verdict: Verdict;
      durationMs: number;
      /** Of one that is down, what was said: see Words. */
      readonly words?: readonly string[];
    }
  /** `code`: EMFILE, …, or `loop-lag`, or `link-down`. */
  | {
      readonly kind: "local-fault";
      readonly code: string;
      readonly detail: string;
      readonly durationMs?: number;
    }
  /** We ended it: reload, stop, maintenance. */
  | { readonly kind: "cut-short" };

export interface Surroundings {
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
  readonly lag: { lostMs(): number };
  /** Calls back once the sockets have been polled. Default: setImmediate, which comes after the loop's poll. */
  readonly afterPoll?: (judge: () => void) => void;
  /** The error's code when the trouble is this machine's and not the real server's. */
  readonly isLocalFault: (error: unknown) => string | undefined;
  /** A probe threw what it should not: a bug in a check. */
  readonly onBug: (error: unknown) => void;
  /** A probe did not end when told to. It may still hold a socket. */
  readonly onAbandoned: () => void;
}

/** How long a probe may take to clean up after it was told to end. */
export const graceMs = 1000;

/** setTimeout fires at once when asked for more. */
const longestTimerMs = 2 ** 31 - 1;

/** One object for all: an error with a fresh stack for each timeout would cost more than the probe. */
const pastDeadline = new Error("past the probe's deadline");

const seconds = (ms: number): string => `${Number((ms / 1000).toFixed(3))} s`;

/**
 * Runs a probe once, under its deadline: the one timer there is. Never rejects.
 * It settles when the probe has cleaned up, at most `graceMs` after the deadline or the cut; twice that when our
 * loop stood still meanwhile.
 *
 *   under way ──answers──────────────────────────────────────────► its verdict
 *     │   ▲
 *   deadline └── it was heard, and our loop's lost time is added ──┐
 *     ▼                                                            │
 *   the sockets are polled ──► what has the server had? ───────────┤
 *                                                                  └── its whole time ──► timeout
 *
 * @param signal of this run alone; aborting it cuts the probe short
 * @param excused how many runs before this one had no verdict because our loop stood still (see mayBeOurDoing)
 */
export function runProbe(
  prepared: PreparedProbe,
  target: Endpoint,
  signal: Run,
  excused: number,
  around: Surroundings,
): Promise<ProbeOutcome> {
  return new Promise((onSettled) => {
    new ProbeRun(prepared, signal, excused, around, { onSettled }).start(target);
  });
}

/** Who is told, once, what became of a run. */
export interface Settled {
  onSettled(outcome: ProbeOutcome): void;
}

/** One run. An object with what it needs, and no closure for each thing that may happen: there are thousands a second. */
export class ProbeRun implements Ear {
  readonly #prepared: PreparedProbe;
  readonly #signal: Run;
  readonly #excused: number;
  readonly #around: Surroundings;
  readonly #settled: Settled;
  readonly #startedAt: number;
  readonly #lostBefore: number;
  readonly #words: Words;
  readonly #serverTime: ServerTime;
  /** Set when the run was ended by us; what the probe says after that no longer counts. */
  #ended: ProbeOutcome | undefined;
  #isSettled = false;
  #hasBreathed = false;
  #timer: NodeJS.Timeout | undefined;
  /** When it is to be looked at. */
  #lookAt = 0;
  readonly #cut = (): void => {
    if (this.#ended === undefined) this.#end({ kind: "cut-short" });
  };

  constructor(
    prepared: PreparedProbe,
    signal: Run,
    excused: number,
    around: Surroundings,
    settled: Settled,
  ) {
    this.#prepared = prepared;
    this.#signal = signal;
    this.#excused = excused;
    this.#around = around;
    this.#settled = settled;
    this.#startedAt = around.clock();
    this.#lostBefore = around.lag.lostMs();
    this.#words = Words.of(signal);
    this.#serverTime = new ServerTime(this.#startedAt, this.#lostBefore);
  }

  start(target: Endpoint): void {
    this.#lookIn(this.#prepared.timeoutMs, this.#startedAt);
    this.#signal.addEventListener("abort", this.#cut);
    listenFor(this.#signal, this);
    let answer: Promise<Verdict>;
    try {
      answer = this.#prepared.probe(target, this.#signal);
    } catch (error) {
      answer = Promise.reject(error);
    }
    answer.then(
      (verdict) => this.#settle(this.#ended ?? this.#believed(verdict)),
      (error: unknown) => this.#failed(error),
    );
  }

  heard(): void {
    this.#serverTime.heard(this.#around.clock(), this.#around.lag.lostMs());
  }

  #believed(verdict: Verdict): ProbeOutcome {
    const { clock, lag } = this.#around;
    const durationMs = clock() - this.#startedAt;
    if (verdict.up) return { kind: "verdict", verdict, durationMs };
    const lostMs = lag.lostMs() - this.#lostBefore;
    const { timeoutMs } = this.#prepared;
    if (this.#excused === 0 && mayBeOurDoing(verdict.reason, lostMs, timeoutMs)) {
      const detail = `this process was held up for ${Math.round(lostMs)} ms, so "${verdict.detail}" proves nothing: the server is asked once more`;
      return { kind: "local-fault", code: "loop-lag", detail };
    }
    const said = this.#words.lines();
    return { kind: "verdict", verdict, durationMs, ...(said.length > 0 && { words: said }) };
  }

  #failed(error: unknown): void {
    const code = this.#around.isLocalFault(error);
    // Cut at its deadline, a probe may say that the time was not the server's: it stood in line here.
    if (this.#ended?.kind === "verdict" && code !== undefined) this.#ended = undefined;
    if (this.#ended !== undefined) {
      this.#settle(this.#ended);
      return;
    }
    const detail = messageOf(error);
    if (code !== undefined) {
      this.#settle({ kind: "local-fault", code, detail });
      return;
    }
    this.#around.onBug(error);
    const verdict = down("internal", `the check itself failed: ${detail}`);
    const durationMs = this.#around.clock() - this.#startedAt;
    this.#settle({ kind: "verdict", verdict, durationMs });
  }

  /** Looks at the run in `ms`, after a poll. */
  #lookIn(ms: number, now: number): void {
    this.#lookAt = now + ms;
    this.#timer = setTimeout(look, Math.min(Math.max(1, ms), longestTimerMs), this);
  }

  /** Its timer has fired. */
  look(): void {
    const { afterPoll = setImmediate } = this.#around;
    const due = this.#lookAt;
    afterPoll(() => this.#judge(this.#around.clock() - due));
  }

  #judge(lateMs: number): void {
    if (this.#isSettled || this.#ended !== undefined) return;
    const { timeoutMs } = this.#prepared;
    const now = this.#around.clock();
    const leftMs = timeoutMs - this.#serverTime.hadMs(now);
    // A timer may fire a fraction of a millisecond early; a long wait is done in legs.
    if (leftMs >= 1 && now - this.#startedAt < longestRunMs(timeoutMs)) {
      this.#lookIn(leftMs, now);
    } else if (lateMs > lateLookMs && !this.#hasBreathed) {
      this.#hasBreathed = true;
      this.#lookIn(breathMs, now);
    } else {
      const silence = down("timeout", `no answer within ${seconds(timeoutMs)}`);
      this.#end(this.#believed(silence), pastDeadline);
    }
  }

  #end(outcome: ProbeOutcome, reason?: Error): void {
    const { lag } = this.#around;
    this.#ended = outcome;
    clearTimeout(this.#timer);
    const lostBeforeEnd = lag.lostMs();
    this.#timer = setTimeout(() => {
      // Held up ourselves, we have not looked yet whether it has ended: what it waits for comes with the next polls.
      if (lag.lostMs() - lostBeforeEnd > lateLookMs) {
        this.#timer = setTimeout(() => this.#abandon(), graceMs);
      } else this.#abandon();
    }, graceMs);
    if (reason !== undefined) this.#signal.abort(reason);
  }

  #abandon(): void {
    this.#around.onAbandoned();
    this.#settle(this.#ended ?? { kind: "cut-short" });
  }

  #settle(outcome: ProbeOutcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#signal.removeEventListener("abort", this.#cut);
    this.#settled.onSettled(outcome);
  }
}

const look = (run: ProbeRun): void => run.look();
