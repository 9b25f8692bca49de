import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { performance as main } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import type { Line, OpenLine } from "../health/threads/host.ts";
import type { Answers, ThreadData } from "../health/threads/messages.ts";
import type { ThreadOptions } from "../health/threads/probe-threads.ts";
import { type IniSettings, mostThreads } from "../ini/sections.ts";
import { loadLibc } from "../native/libc.ts";
import type { OpenDescriptors } from "../native/poller.ts";

/** How the ini wants threads that check; undefined: none. @param program what one runs */
export function probeThreads(
  { threads: wanted, engine }: Pick<IniSettings, "threads" | "engine">,
  program: URL | undefined,
): ThreadOptions | undefined {
  const most = Math.min(mostThreads, availableParallelism() - 1);
  const isNone = wanted === 0 || (wanted === "auto" && most === 0);
  if (program === undefined || isNone) return undefined;
  return { wanted, most, open: workersOf(program, engine), busy: mainBusy() };
}

type Measured = Pick<typeof main, "eventLoopUtilization">;

/** What one can be asked for: its part of the time since the last call. */
function busyOf(loop: Measured): () => number {
  let before = loop.eventLoopUtilization();
  return () => {
    const now = loop.eventLoopUtilization();
    const { utilization } = loop.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  };
}

/**
 * Of the loop's time what it had a processor for: one that others starve is late, and has not too much to do. No more
 * than the loop says where the system does not tell.
 */
function mainBusy(): () => number {
  const loop = busyOf(main);
  let [before, since] = [ownCpuMs(), main.now()];
  return () => {
    const [cpuMs, now] = [ownCpuMs(), main.now()];
    const onProcessor = (cpuMs - before) / Math.max(1, now - since);
    [before, since] = [cpuMs, now];
    return Math.min(loop(), Number.isNaN(onProcessor) ? 1 : onProcessor);
  };
}

/** What this thread has had of a processor in all. */
function ownCpuMs(): number {
  try {
    return Number.parseInt(readFileSync("/proc/thread-self/schedstat", "latin1"), 10) / 1e6;
  } catch {
    return Number.NaN;
  }
}

/** It may be in the middle of something when it is asked to end. */
const endPatienceMs = 1_000;

/** Numbers of descriptors that are noted: a thread never has so many. */
const mostDescriptors = 1 << 16;

const workersOf =
  (program: URL, engine: ThreadData["engine"]): OpenLine =>
  ({ onAnswers, onEnd }): Line => {
    const open = new SharedArrayBuffer(mostDescriptors);
    const workerData: ThreadData = { engine, open };
    const worker = new Worker(program, { name: "checks", workerData });
    let isClosed = false;
    worker.on("message", (answers: Answers) => {
      if (!isClosed) onAnswers(answers);
    });
    worker.on("error", (error) => onEnd(error instanceof Error ? error.message : String(error)));
    worker.on("exit", () => {
      closeEach(new Uint8Array(open));
      onEnd("it has ended");
    });
    // Behind the listeners, for a listener is a reason to live.
    worker.unref();
    const end = (): void => void worker.terminate().catch(() => {});
    return {
      post: (orders) => worker.postMessage(orders),
      busy: busyOf(worker.performance),
      close: (isWell) => {
        isClosed = true;
        if (!isWell) {
          end();
          return;
        }
        worker.postMessage("end");
        setTimeout(end, endPatienceMs).unref();
      },
    };
  };

/** Of a thread that has ended: those that it has left open. */
function closeEach(open: OpenDescriptors): void {
  for (let fd = open.indexOf(1); fd >= 0; fd = open.indexOf(1, fd + 1)) loadLibc()?.quick.close(fd);
}
