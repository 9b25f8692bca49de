import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type NewOrder, OrderBook } from "../../../src/orders/book.ts";
import { OrderDesk } from "../../../src/orders/desk.ts";
import type { Target } from "../../../src/orders/order.ts";
import type { Found } from "../../../src/orders/state-file.ts";
import { type MemoryLog, memoryLog } from "../../support/fakes/memory-log.ts";
import { drain, maintenance, root, target, weight } from "./orders.ts";

const alice = { uid: 1000, pid: 8, name: "alice" };
let log: MemoryLog;
let desk: OrderDesk;
/** The wall clock, which goes with the faked time unless a test sets it. */
let now: number;
let open: (target: Target) => Promise<number | undefined>;
let load: () => Promise<Found>;
let save: (book: OrderBook) => Promise<void>;
/** The books that were followed, and those that were saved. */
let followed: OrderBook[];
let saved: OrderBook[];

beforeEach(() => {
  vi.useFakeTimers();
  log = memoryLog();
  now = 1_000;
  open = async () => 3;
  load = async () => ({ book: new OrderBook() });
  [followed, saved] = [[], []];
  save = async () => {};
  desk = new OrderDesk({
    log,
    file: {
      path: "web.cf.json",
      load: () => load(),
      save: async (book) => {
        await save(book);
        saved.push(book);
      },
    },
    onChange: (book) => followed.push(book),
    openConnections: (of) => open(of),
    now: () => now,
  });
});
afterEach(() => {
  desk.stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1_000) {
    now += Math.min(left, 1_000);
    await vi.advanceTimersByTimeAsync(Math.min(left, 1_000));
  }
}

const orders = () => desk.book.orders;
const ended = () => orders().map((order) => order.kind === "drain" && order.ended);

test("an order holds from now on, is logged with who gave it, and is kept", async () => {
  const done = await desk.give(weight("10.0.0.3:80", 5, { by: alice, reason: "warm up" }));
  expect(done).toEqual({ orders: [expect.objectContaining({ id: 1, weight: 5 })] });
  expect(followed.at(-1)).toBe(desk.book);
  expect(saved).toEqual([desk.book]);
  expect(log.lines).toEqual(["Order by alice: weight 5 for 10.0.0.3:80: warm up"]);
});

test("one that can not be kept holds all the same: that it would not survive is told", async () => {
  save = () => Promise.reject(new Error("ENOSPC: no space left on device"));
  const done = await desk.give(drain("10.0.0.3:80"));
  expect(done).toMatchObject({ orders: [{ id: 1 }], unsaved: expect.stringContaining("ENOSPC") });
  expect(followed).toHaveLength(1);
  expect(log.all("orders-unsaved")).toEqual([
    { path: "web.cf.json", cause: expect.stringContaining("ENOSPC") },
  ]);
});

describe("taken back", () => {
  const give = async (...given: readonly NewOrder[]) => {
    for (const order of given) await desk.give(order);
  };

  test("is what is meant by the same words, and of the same kind", async () => {
    await give(drain("10.0.0.3:80"), drain("10.0.0.3"), weight("10.0.0.3:80", 5));
    const done = await desk.takeBack("drain", target("10.0.0.3:80"), alice);
    expect(done.orders.map(({ id }) => id)).toEqual([1]);
    expect(orders().map(({ id }) => id)).toEqual([2, 3]);
    expect(saved.at(-1)).toBe(desk.book);
    expect(log.lines.at(-1)).toMatch(/alice/);
  });

  test("are all of a kind, where no target is named", async () => {
    await give(drain("10.0.0.3:80"), drain("10.0.0.4:80"), weight("10.0.0.3:80", 5));
    expect((await desk.takeBack("drain", undefined, alice)).orders).toHaveLength(2);
    expect(orders().map(({ kind }) => kind)).toEqual(["weight"]);
  });

  test("is nothing when there is no such order: nobody has to follow that", async () => {
    await give(drain("10.0.0.3:80"));
    expect(await desk.takeBack("drain", target("10.0.0.3"), alice)).toEqual({ orders: [] });
    expect(followed).toHaveLength(1);
  });
});

describe("a drain", () => {
  test("ends when twice in a row nobody is connected", async () => {
    desk.start();
    await desk.give(drain("10.0.0.3:80"));
    const seen = [3, 0, 1, 0, 0];
    open = async () => seen.shift();
    await pass(4_000);
    expect(ended()).toEqual([undefined]);
    await pass(1_000);
    expect(ended()).toEqual([{ at: 6_000, cause: "idle", left: 0 }]);
    expect(log.all("drain-ended")).toMatchObject([{ cause: "idle", left: "0", atEnd: "stay" }]);
    expect(saved.at(-1)).toBe(desk.book);
  });

  test("ends at its deadline, with those that are connected still; and then nobody looks any more", async () => {
    await desk.give(drain("10.0.0.3:80", { atEnd: "remove" }));
    await pass(59_000);
    expect(ended()).toEqual([undefined]);
    expect(desk.leftOf(1)).toBe(3);
    await pass(1_000);
    expect(ended()).toEqual([{ at: 61_000, cause: "deadline", left: 3 }]);
    expect(vi.getTimerCount()).toBe(0);
    await pass(60_000);
    expect(log.all("drain-ended")).toHaveLength(1);
    expect(followed).toHaveLength(2);
  });

  test("ends by the wall clock: also when that was put forward, or the daemon was down meanwhile", async () => {
    const book = new OrderBook().with(drain("10.0.0.3:80"));
    load = async () => ({ book });
    now = 3_600_000;
    expect(await desk.open()).toBe(book);
    desk.start();
    await pass(1_000);
    expect(ended()).toEqual([{ at: 3_601_000, cause: "deadline", left: 3 }]);
    expect(log.lines[0]).toMatch(/root.*drain of 10\.0\.0\.3:80|drain of 10\.0\.0\.3:80.*root/);
  });

  test.for(["throws", "can not tell"])(
    "of which the table %s ends at its deadline, and not as idle",
    async (how) => {
      open = how === "throws" ? () => Promise.reject(new Error("ENOBUFS")) : async () => undefined;
      await desk.give(drain("10.0.0.3:80"));
      await pass(60_000);
      expect(ended()).toEqual([{ at: 61_000, cause: "deadline" }]);
      expect(log.all("drain-ended")).toMatchObject([{ left: "unknown" }]);
    },
  );

  test("that is taken back while it is looked at is over, and ends no second time", async () => {
    let answer: (left: number) => void = () => {};
    open = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    await desk.give(drain("10.0.0.3:80", { deadline: 1_500 }));
    await pass(1_000);
    await desk.takeBack("drain", undefined, alice);
    answer(0);
    await pass(2_000);
    expect(orders()).toEqual([]);
    expect(log.all("drain-ended")).toEqual([]);
    expect(desk.leftOf(1)).toBeUndefined();
  });

  // A script that gave a weight every half second kept every drain from its end.
  test("ends in time however often other orders are given", async () => {
    await desk.give(drain("10.0.0.3:80", { deadline: 3_000 }));
    for (let i = 0; i < 10; i++) {
      await desk.give(weight("10.0.0.4:80", i));
      now += 500;
      await vi.advanceTimersByTimeAsync(500);
    }
    expect(ended()).toContainEqual({ at: 3_000, cause: "deadline", left: 3 });
  });

  test("is looked at by one look at a time, however slow the table is", async () => {
    let underWay = 0;
    open = async () => {
      expect(++underWay).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      underWay--;
      return 0;
    };
    await desk.give(drain("10.0.0.3:80"));
    await pass(2_000);
    await desk.give(weight("10.0.0.4:80", 5));
    await pass(4_000);
    expect(ended()).toContain(undefined);
    await pass(2_000);
    expect(log.all("drain-ended")).toMatchObject([{ cause: "idle" }]);
  });
});

describe("a time that is over", () => {
  test.for([
    maintenance("10.0.0.3:80", { until: 31_000 }),
    weight("10.0.0.3:80", 5, { until: 31_000 }),
  ])("ends the order: $kind", async (order) => {
    await desk.give(order);
    await pass(29_000);
    expect(orders()).toHaveLength(1);
    await pass(1_000);
    expect(orders()).toEqual([]);
    expect(log.all("order-over")).toHaveLength(1);
    expect(followed.at(-1)).toBe(desk.book);
    expect(saved.at(-1)).toBe(desk.book);
  });

  test("one without an end is never looked at", async () => {
    await desk.give(maintenance("10.0.0.3:80"));
    await desk.give(weight("10.0.0.3:80", 5, { isUntilRestart: true }));
    expect(vi.getTimerCount()).toBe(0);
  });

  test("one that is taken back while another is looked at is not told as over", async () => {
    let answer: (left: number) => void = () => {};
    open = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    await desk.give(drain("10.0.0.3:80"));
    await desk.give(weight("10.0.0.4:80", 5, { until: 1_500 }));
    await pass(1_000);
    await desk.takeBack("weight", undefined, alice);
    answer(1);
    await pass(1_000);
    expect(log.all("order-over")).toEqual([]);
  });
});

test.for([
  ["an hour", 3_600, 3_300],
  ["four minutes", 240, 120],
] as const)(
  "a maintenance of %s is told of before its end, once",
  async ([, seconds, toldAfter]) => {
    await desk.give(maintenance("10.0.0.3:80", { until: 1_000 + seconds * 1_000 }));
    await pass((toldAfter - 1) * 1_000);
    expect(log.all("maintenance-ends-soon")).toEqual([]);
    await pass(1_000);
    const minutes = Math.round((seconds - toldAfter) / 60);
    expect(log.all("maintenance-ends-soon")).toMatchObject([{ minutes }]);
    await pass(60_000);
    expect(log.all("maintenance-ends-soon")).toHaveLength(1);
    // Not again after a restart, either.
    expect(saved.at(-1)?.orders).toMatchObject([{ isReminded: true }]);
  },
);

test("what can not be read at the start is told, and there are no orders", async () => {
  load = () => Promise.reject(new Error("EACCES: permission denied"));
  expect((await desk.open()).orders).toEqual([]);
  expect(log.all("orders-unreadable")).toMatchObject([{ path: "web.cf.json" }]);
});

test("what was set aside is told", async () => {
  load = async () => ({
    book: new OrderBook(),
    setAside: { to: "web.cf.json.set-aside", cause: "torn" },
  });
  await desk.open();
  expect(log.all("orders-set-aside")).toEqual([
    { path: "web.cf.json", to: "web.cf.json.set-aside", cause: "torn" },
  ]);
});

test("after stop nothing ends any more: the next daemon sees to it", async () => {
  let answer: (left: number) => void = () => {};
  open = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  await desk.give(drain("10.0.0.3:80", { deadline: 1_500, by: root }));
  await pass(1_000);
  desk.stop();
  answer(0);
  await pass(5_000);
  expect(ended()).toEqual([undefined]);
  expect(followed).toHaveLength(1);
});
