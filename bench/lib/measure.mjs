/** A piece of work measured inside this process. */
import { openSync, readSync } from "node:fs";
import { PerformanceObserver } from "node:perf_hooks";

let collectedMs = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) collectedMs += duration;
}).observe({ entryTypes: ["gc"] });

const ownClock = openSync(`/proc/self/task/${process.pid}/schedstat`, "r");
const ownText = Buffer.alloc(64);
/** What the kernel has given the main thread, in milliseconds: other work on the machine is not in it. */
function ownMs() {
  const length = readSync(ownClock, ownText, 0, ownText.length, 0);
  return Number(ownText.toString("latin1", 0, length).split(" ")[0]) / 1e6;
}

/**
 * The longest time that a timer of 1 ms was kept waiting: so late would a check be. On a busy machine the other
 * programs' time is in it; the main thread's own is given beside it.
 */
function watchLoop() {
  let [last, lastOwn] = [performance.now(), ownMs()];
  const longest = { stallMs: 0, turnMs: 0 };
  const look = () => {
    const [now, own] = [performance.now(), ownMs()];
    longest.stallMs = Math.max(longest.stallMs, now - last - 1);
    longest.turnMs = Math.max(longest.turnMs, own - lastOwn);
    [last, lastOwn] = [now, own];
  };
  const timer = setInterval(look, 1);
  return () => {
    look();
    clearInterval(timer);
    return longest;
  };
}

/** @returns what the work gave, and wall time, this process's CPU and the loop's longest turn, in milliseconds */
export async function measured(work) {
  globalThis.gc?.();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const longest = watchLoop();
  const [before, began, collectedBefore] = [process.cpuUsage(), performance.now(), collectedMs];
  const value = await work();
  const wallMs = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  const turns = longest();
  await new Promise((resolve) => setImmediate(resolve));
  return {
    value,
    wallMs,
    cpuMs: (user + system) / 1000,
    ...turns,
    gcMs: collectedMs - collectedBefore,
  };
}
