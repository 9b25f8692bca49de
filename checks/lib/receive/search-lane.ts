/** The line before one search thread, and the thread: started when first needed, replaced when it is ended. */

import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { LocalFault } from "../fault.ts";
import type { RunSignal } from "../run-signal.ts";
import { createFairLine } from "./fair-line.ts";
import { type Order, type Reply, searchThread } from "./search-thread.ts";

/** "starved": not even that, for the thread hardly got a processor. */
export type Found = Reply["found"] | "starved";

export interface Wanted extends Omit<Order, "id" | "limitMs"> {
  /** Whose turn it is; see FairLine. */
  readonly owner: string;
  readonly signal: RunSignal;
  /** By the monotonic clock: until then it must be decided whose fault it is that it was not found. */
  readonly deadline: number;
}

export interface Lane {
  /** Rejects with the signal's reason, or with LocalFault when it was our doing that nothing was found out. */
  search(wanted: Wanted): Promise<Found>;
}

/** Each holds its text, at most a MiB of it. */
const maxWaiting = 256;
const maxWaitingBytes = 64 * 1024 * 1024;
const memory = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 };

/** setTimeout fires at once when asked for more. */
const longestTimerMs = 2 ** 31 - 1;

interface Job {
  readonly wanted: Wanted;
  readonly since: number;
  /** When the thread got it. */
  startedAt?: number;
  readonly settle: (found: Found | Error) => void;
}

/** @param limitMs for each engine; past both, the answer is "too-long" */
export function createLane(limitMs: number): Lane {
  const line = createFairLine<Job>();
  let waitingBytes = 0;
  let worker: Worker | undefined;
  let running:
    | { readonly id: number; readonly job: Job; readonly done: (cpuMs: number) => void }
    | undefined;
  let lastId = 0;

  const ensureWorker = (): Worker => {
    if (worker !== undefined) return worker;
    const started = new Worker(`(${searchThread.toString()})(require)`, {
      eval: true,
      env: {},
      execArgv: [],
      name: "receive",
      resourceLimits: memory,
      workerData: { re2js: createRequire(import.meta.url).resolve("re2js") },
    });
    worker = started;
    started.on("message", (reply: Reply) => onReply(reply));
    started.on("error", (error: Error & { code?: string }) => {
      if (worker !== started) return;
      // What a text and a pattern need of memory is theirs; whatever else ends the thread is ours.
      const isTheirs = error.code === "ERR_WORKER_OUT_OF_MEMORY";
      replace(
        isTheirs ? "too-long" : new LocalFault("EWORKER", `the search thread: ${error.message}`),
      );
    });
    started.on("exit", () => {
      if (worker === started) replace(new LocalFault("EWORKER", "the search thread has ended"));
    });
    // Behind the listeners, for a listener is a reason to live.
    started.unref();
    return started;
  };

  /** Ends the thread and what it is at; the next one is started for whoever is next in the line. */
  const replace = (found: Found | Error): void => {
    const ended = worker;
    worker = undefined;
    void ended?.terminate().catch(() => {});
    const { job, done } = running ?? {};
    running = undefined;
    done?.(performance.now() - (job?.startedAt ?? 0));
    job?.settle(found);
    // A reload ends all searches in one go: no thread is started for those whose turn to end comes next.
    setImmediate(pump);
  };

  const onReply = ({ id, found, cpuMs }: Reply): void => {
    if (running?.id !== id) return;
    const { job, done } = running;
    running = undefined;
    done(cpuMs);
    // The engines' limits are of the clock. One that had no processor meanwhile proves nothing.
    const isStarved = found === "too-long" && cpuMs < limitMs / 2;
    job.settle(isStarved ? "starved" : found);
    pump();
  };

  const pump = (): void => {
    if (running !== undefined) return;
    const next = line.next();
    if (next === undefined) return;
    const { item: job, took } = next;
    const { javaScript, re2, text, ends } = job.wanted;
    waitingBytes -= text.length;
    running = { id: ++lastId, job, done: took };
    job.startedAt = performance.now();
    const order: Order = { id: lastId, javaScript, re2, text, ends, limitMs };
    try {
      ensureWorker().postMessage(order);
    } catch (error) {
      replace(new LocalFault("EWORKER", "no search thread can be started", { cause: error }));
    }
  };

  /** The time is up. Who has waited longer than it was searched for has us to thank for it. */
  const expire = (job: Job): void => {
    if (running?.job !== job) {
      job.settle(tooMany());
      return;
    }
    const now = performance.now();
    const waitedMs = (job.startedAt ?? now) - job.since;
    const isOurs = waitedMs > now - (job.startedAt ?? now);
    replace(isOurs ? starved() : "too-long");
  };

  return {
    search: (wanted) =>
      new Promise((resolve, reject) => {
        const { signal, text, owner } = wanted;
        signal.throwIfAborted();
        if (line.size >= maxWaiting || waitingBytes + text.length > maxWaitingBytes) {
          throw tooMany();
        }
        const since = performance.now();
        const onAbort = (): void => {
          if (running?.job === job) replace(signal.reason);
          else job.settle(signal.reason);
        };
        const leftMs = wanted.deadline - since;
        // Already so late that the probe's own end, which is near, is the server's.
        const timer =
          leftMs > 0 ? setTimeout(() => expire(job), Math.min(leftMs, longestTimerMs)) : undefined;
        const job: Job = {
          wanted,
          since,
          settle: (found) => {
            clearTimeout(timer);
            signal.removeEventListener("abort", onAbort);
            if (job.startedAt === undefined) {
              line.remove(job);
              waitingBytes -= text.length;
            }
            if (found instanceof Error) reject(found);
            else resolve(found);
          },
        };
        signal.addEventListener("abort", onAbort);
        waitingBytes += text.length;
        line.add(owner, job);
        pump();
      }),
  };
}

/** As errno names go: nobody else's fault, and it may pass. */
export const starved = (): LocalFault =>
  new LocalFault("EBUSY", "this machine was too busy to search an answer for receive");
const tooMany = (): LocalFault =>
  new LocalFault("EBUSY", "too many answers wait to be searched for receive");
