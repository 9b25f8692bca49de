import { down, type PreparedProbe, type Verdict } from "../../checks/check.ts";
import type { Endpoint } from "../model/address.ts";

/** What became of one run of a probe. Only a verdict says anything about the real server. */
export type Outcome =
  | { readonly kind: "verdict"; readonly verdict: Verdict; readonly durationMs: number }
  /** `code`: EMFILE, …, or `loop-lag`, or `link-down`. */
  | { readonly kind: "local-fault"; readonly code: string; readonly detail: string }
  /** We ended it: reload, stop, maintenance. */
  | { readonly kind: "cut-short" };

export interface Surroundings {
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
  readonly lag: { lostMs(): number };
  /** The error's code when the trouble is this machine's and not the real server's. */
  readonly isLocalFault: (error: unknown) => string | undefined;
  /** A probe threw what it should not: a bug in a check. */
  readonly onBug: (error: unknown) => void;
  /** A probe did not end when told to. It may still hold a socket. */
  readonly onAbandoned: () => void;
}

/** How long a probe may take to clean up after it was told to end. */
export const graceMs = 1000;

/** More lost loop time than this, and a timeout in it proves nothing. */
export const lagBoundMs = (timeoutMs: number): number => Math.max(250, timeoutMs / 4);

/** setTimeout fires at once when asked for more. */
const longestTimerMs = 2 ** 31 - 1;

/** One object for all: an error with a fresh stack for each timeout would cost more than the probe. */
const pastDeadline = new Error("past the probe's deadline");

const seconds = (ms: number): string => `${Number((ms / 1000).toFixed(3))} s`;

/**
 * Runs a probe once, under its deadline: the one timer there is. Never rejects.
 * It settles when the probe has cleaned up, at most `graceMs` after the deadline or the cut.
 * @param controller of this run alone; aborting it cuts the probe short
 * @param startedLateMs how long after its due time our timer fired (waiting for a slot is no lateness)
 */
export function runProbe(
  prepared: PreparedProbe,
  target: Endpoint,
  controller: AbortController,
  startedLateMs: number,
  around: Surroundings,
): Promise<Outcome> {
  const { clock, lag } = around;
  const { timeoutMs } = prepared;
  const { signal } = controller;
  const startedAt = clock();
  const lostBefore = lag.lostMs();

  /** What a timeout is worth, judged at the moment it is noticed. */
  const timedOut = (): Outcome => {
    const now = clock();
    const lostMs = Math.max(lag.lostMs() - lostBefore, now - startedAt - timeoutMs, startedLateMs);
    if (lostMs > lagBoundMs(timeoutMs)) {
      const detail = `this process was held up for ${Math.round(lostMs)} ms, so a timeout of ${seconds(timeoutMs)} proves nothing`;
      return { kind: "local-fault", code: "loop-lag", detail };
    }
    const verdict = down("timeout", `no answer within ${seconds(timeoutMs)}`);
    return { kind: "verdict", verdict, durationMs: now - startedAt };
  };

  const rejected = (error: unknown): Outcome => {
    const code = around.isLocalFault(error);
    const detail = error instanceof Error ? error.message : String(error);
    if (code !== undefined) return { kind: "local-fault", code, detail };
    around.onBug(error);
    const verdict = down("internal", `the check itself failed: ${detail}`);
    return { kind: "verdict", verdict, durationMs: clock() - startedAt };
  };

  return new Promise((resolve) => {
    /** Set when the run was ended by us; what the probe says after that no longer counts. */
    let ended: Outcome | undefined;
    let isSettled = false;
    let timer = setTimeout(
      () => end(timedOut(), pastDeadline),
      Math.min(timeoutMs, longestTimerMs),
    );

    const settle = (outcome: Outcome) => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", cut);
      resolve(ended ?? outcome);
    };
    const end = (outcome: Outcome, reason?: Error) => {
      ended = outcome;
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (!isSettled) around.onAbandoned();
        settle(outcome);
      }, graceMs);
      if (reason !== undefined) controller.abort(reason);
    };
    const cut = () => {
      if (ended === undefined) end({ kind: "cut-short" });
    };
    signal.addEventListener("abort", cut);

    let answer: Promise<Verdict>;
    try {
      answer = prepared.probe(target, signal);
    } catch (error) {
      answer = Promise.reject(error);
    }
    answer.then(
      (verdict) => settle({ kind: "verdict", verdict, durationMs: clock() - startedAt }),
      (error: unknown) => {
        // Cut at its deadline, a probe may say that the time was not the server's: it stood in line here.
        if (ended?.kind === "verdict" && around.isLocalFault(error) !== undefined)
          ended = undefined;
        settle(ended ?? rejected(error));
      },
    );
  });
}
