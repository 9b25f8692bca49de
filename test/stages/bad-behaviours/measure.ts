import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { PreparedProbe, Verdict } from "../../../checks/check.ts";
import { isLocalFault } from "../../../checks/lib/fault.ts";
import { Run } from "../../../checks/lib/run-signal.ts";
import { runProbe } from "../../../src/health/probes/runner.ts";
import type { Endpoint } from "../../../src/model/address.ts";

const clock = (): number => performance.now();

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** Bytes that are in use now: objects, and what buffers hold outside the heap. */
function bytesInUse(): number {
  // Buffers are given back a little after the objects that held them.
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export interface Measured {
  readonly verdict: Verdict;
  /** Of the verdict: how long it took, less what this process was kept from running at the end of its time. */
  readonly tookMs: number;
  /** As a clock on the wall has it, all counted. */
  readonly elapsedMs: number;
  /** Until the probe had cleaned up after it. */
  readonly settledMs: number;
  /** Listeners that it left on its signal. */
  readonly listenersLeft: number;
}

/** How much later than its time a probe may end. */
export const lateMs = 50;

/** How often a run is done again that the machine's load spoilt. */
const maxTries = 20;

/**
 * A run as the daemon does it, with a clock that does not count what a loaded machine takes from us. One that
 * was held up so much that it proves nothing is done again, as the daemon does.
 * @param timeMs when it should be over at the latest
 */
export async function measured(
  prepared: PreparedProbe,
  target: Endpoint,
  timeMs: number = prepared.timeoutMs,
): Promise<Measured> {
  for (let tried = 1; ; tried++) {
    const run = await measuredOnce(prepared, target, timeMs);
    if (run !== undefined) return run;
    if (tried === maxTries) throw new Error(`held up ${maxTries} times: no verdict`);
  }
}

/** undefined: held up, no verdict */
async function measuredOnce(
  prepared: PreparedProbe,
  target: Endpoint,
  timeMs: number,
): Promise<Measured | undefined> {
  const signal = new Run();
  const stalls = watchStalls(timeMs);
  const start = clock();
  let bug: unknown;
  let isAbandoned = false;
  const outcome = await runProbe(prepared, target, signal, 0, {
    clock,
    // What a server is given back of a loop that stood still has tests of its own; here it is the run that is done again.
    lag: { lostMs: () => 0 },
    isLocalFault,
    onBug: (error) => {
      bug = error;
    },
    onAbandoned: () => {
      isAbandoned = true;
    },
  });
  const settledMs = clock() - start;
  const lostMs = stalls.stop();
  if (bug !== undefined) throw new Error("a bug in the check", { cause: bug });
  if (isAbandoned) throw new Error("the probe did not end when told to");
  if (outcome.kind !== "verdict") throw new Error(`no verdict: ${JSON.stringify(outcome)}`);
  // Held up by more than what it may be late: what is left of its lateness may be ours, too.
  const endedMs = Math.max(settledMs, outcome.durationMs);
  if (lostMs > lateMs && endedMs - lostMs > timeMs + lateMs) return undefined;
  return {
    verdict: outcome.verdict,
    tookMs: Math.max(0, outcome.durationMs - lostMs),
    elapsedMs: outcome.durationMs,
    settledMs: Math.max(0, settledMs - lostMs),
    listenersLeft: signal.listeners,
  };
}

/**
 * How late our own timers are once `timeMs` is over: the one that is due then, and from then on one every few
 * milliseconds. Before that it does not matter, and many small delays would add up to a large allowance.
 */
function watchStalls(timeMs: number): { stop(): number } {
  const everyMs = 5;
  let lostMs = 0;
  let due = clock() + timeMs;
  const look = (): void => {
    lostMs += Math.max(0, clock() - due);
    due = clock() + everyMs;
    timer = setTimeout(look, everyMs);
  };
  let timer = setTimeout(look, timeMs);
  return {
    stop: () => {
      clearTimeout(timer);
      return lostMs + Math.max(0, clock() - due);
    },
  };
}

const lookEveryMs = 50;

/** The most that was in use while `work` ran, over what was before. It looks all the time, which slows `work`. */
export async function peakBytes<T>(work: () => Promise<T>): Promise<readonly [number, T]> {
  const before = bytesInUse();
  let peak = 0;
  const look = (): void => {
    peak = Math.max(peak, bytesInUse() - before);
  };
  const timer = setInterval(look, lookEveryMs);
  try {
    const result = await work();
    look();
    return [peak, result];
  } finally {
    clearInterval(timer);
  }
}
