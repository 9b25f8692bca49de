import { down, type PreparedProbe, type Verdict } from "../../../checks/check.ts";
import { listenFor } from "../../../checks/lib/heard.ts";
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
      readonly durationMs: number;
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
  const { clock, lag, afterPoll = setImmediate } = around;
  const { timeoutMs } = prepared;
  const startedAt = clock();
  const lostBefore = lag.lostMs();
  const words = Words.of(signal);
  const serverTime = new ServerTime(startedAt, lostBefore);

  const believed = (verdict: Verdict): ProbeOutcome => {
    const durationMs = clock() - startedAt;
    const lostMs = lag.lostMs() - lostBefore;
    if (!verdict.up && excused === 0 && mayBeOurDoing(verdict.reason, lostMs, timeoutMs)) {
      const detail = `this process was held up for ${Math.round(lostMs)} ms, so "${verdict.detail}" proves nothing: the server is asked once more`;
      return { kind: "local-fault", code: "loop-lag", detail };
    }
    if (verdict.up) return { kind: "verdict", verdict, durationMs };
    const said = words.lines();
    return { kind: "verdict", verdict, durationMs, ...(said.length > 0 && { words: said }) };
  };

  const rejected = (error: unknown): ProbeOutcome => {
    const code = around.isLocalFault(error);
    const detail = messageOf(error);
    if (code !== undefined) return { kind: "local-fault", code, detail };
    around.onBug(error);
    const verdict = down("internal", `the check itself failed: ${detail}`);
    return { kind: "verdict", verdict, durationMs: clock() - startedAt };
  };

  return new Promise((resolve) => {
    /** Set when the run was ended by us; what the probe says after that no longer counts. */
    let ended: ProbeOutcome | undefined;
    let isSettled = false;
    let hasBreathed = false;
    let timer: NodeJS.Timeout;

    /** Looks at the run in `ms`, after a poll. */
    const lookIn = (ms: number): void => {
      const due = clock() + ms;
      timer = setTimeout(
        () => afterPoll(() => judge(clock() - due)),
        Math.min(Math.max(1, ms), longestTimerMs),
      );
    };
    const judge = (lateMs: number): void => {
      if (isSettled || ended !== undefined) return;
      const now = clock();
      const leftMs = timeoutMs - serverTime.hadMs(now);
      // A timer may fire a fraction of a millisecond early; a long wait is done in legs.
      if (leftMs >= 1 && now - startedAt < longestRunMs(timeoutMs)) {
        lookIn(leftMs);
      } else if (lateMs > lateLookMs && !hasBreathed) {
        hasBreathed = true;
        lookIn(breathMs);
      } else {
        end(believed(down("timeout", `no answer within ${seconds(timeoutMs)}`)), pastDeadline);
      }
    };
    lookIn(timeoutMs);

    const settle = (outcome: ProbeOutcome) => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", cut);
      resolve(ended ?? outcome);
    };
    const abandon = () => {
      around.onAbandoned();
      settle({ kind: "cut-short" });
    };
    const end = (outcome: ProbeOutcome, reason?: Error) => {
      ended = outcome;
      clearTimeout(timer);
      const lostBeforeEnd = lag.lostMs();
      timer = setTimeout(() => {
        // Held up ourselves, we have not looked yet whether it has ended: what it waits for comes with the next polls.
        if (lag.lostMs() - lostBeforeEnd > lateLookMs) timer = setTimeout(abandon, graceMs);
        else abandon();
      }, graceMs);
      if (reason !== undefined) signal.abort(reason);
    };
    const cut = () => {
      if (ended === undefined) end({ kind: "cut-short" });
    };
    signal.addEventListener("abort", cut);
    listenFor(signal, () => serverTime.heard(clock(), lag.lostMs()));

    let answer: Promise<Verdict>;
    try {
      answer = prepared.probe(target, signal);
    } catch (error) {
      answer = Promise.reject(error);
    }
    answer.then(
      (verdict) => settle(believed(verdict)),
      (error: unknown) => {
        // Cut at its deadline, a probe may say that the time was not the server's: it stood in line here.
        if (ended?.kind === "verdict" && around.isLocalFault(error) !== undefined)
          ended = undefined;
        settle(ended ?? rejected(error));
      },
    );
  });
}
