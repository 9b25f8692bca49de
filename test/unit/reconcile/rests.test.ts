/** How often a service is brought to what it should be, while its servers change one after the other. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WorkQueue } from "../../../src/reconcile/work/work-queue.ts";

/** By service: when it was brought. */
let brought: [id: string, at: number][];
let queue: WorkQueue;
const rows: Readonly<Record<string, number>> = { large: 8000, small: 10 };
/** A row of the large one costs 5 µs. */
const bringMs = 40;

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  brought = [];
  queue = new WorkQueue({
    bring: async (ids) => {
      for (const id of ids) brought.push([id, performance.now()]);
      const isLong = ids.includes("large");
      if (isLong) await new Promise((resolve) => setTimeout(resolve, bringMs));
    },
    bringAgain: async () => {},
    lookOver: async () => {},
    isBridging: () => false,
    rowsOf: (id) => rows[id] ?? 0,
    onBug: (error) => {
      throw error;
    },
  });
});
afterEach(() => vi.useRealTimers());

const touch = (id: string) => {
  queue.mark(id, true);
  void queue.begin();
};
const timesOf = (id: string) => brought.filter(([each]) => each === id).map(([, at]) => at);

test("a large one has a fifth of the time, however often it changes, and its last change is not lost", async () => {
  for (let i = 0; i < 2000; i++) {
    touch("large");
    await pass(1);
  }
  expect(timesOf("large").length).toBeGreaterThan(5);
  expect(timesOf("large").length).toBeLessThanOrEqual(2000 / (bringMs * 5) + 1);
  const last = performance.now();
  touch("large");
  await pass(1000);
  expect(timesOf("large").at(-1)).toBeGreaterThanOrEqual(last);
  await queue.settled();
});

test("one that has rested long enough is brought at once", async () => {
  touch("large");
  await pass(1000);
  const at = performance.now();
  touch("large");
  await pass(1);
  expect(timesOf("large")).toEqual([expect.any(Number), at]);
  await pass(1000);
});

test("nobody else waits for it", async () => {
  touch("large");
  await pass(bringMs + 5);
  touch("large");
  await pass(1);
  const at = performance.now();
  touch("small");
  await pass(1);
  expect(timesOf("small")).toEqual([at]);
  expect(timesOf("large")).toHaveLength(1);
  await pass(1000);
  expect(timesOf("large")).toHaveLength(2);
});

test("a small one is brought as often as it changes", async () => {
  for (let i = 0; i < 20; i++) {
    touch("small");
    await pass(1);
  }
  expect(timesOf("small")).toHaveLength(20);
});

test("who stops does not wait for a rest", async () => {
  touch("large");
  await pass(bringMs + 5);
  touch("large");
  await pass(1);
  await queue.stop();
  expect(timesOf("large")).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});
