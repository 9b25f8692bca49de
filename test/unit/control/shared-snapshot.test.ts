import { expect, test } from "vitest";
import { sharedSnapshot } from "../../../src/control/shared-snapshot.ts";
import type { Snapshot } from "../../../src/status/snapshot.ts";

const snapshot = (at: number, services: readonly object[] = []): Snapshot =>
  ({ version: 1, at, path: "web.cf", services }) as unknown as Snapshot;

/** A daemon that gives its snapshots when it is told to, and the clock. */
function daemon() {
  const asked: { give(snapshot: Snapshot): void; fail(error: Error): void }[] = [];
  let now = 0;
  const shared = sharedSnapshot(
    () => new Promise((give, fail) => asked.push({ give, fail })),
    () => now,
  );
  return {
    shared,
    asked,
    pass: (ms: number) => {
      now += ms;
    },
    /** One that takes so long to be made. */
    async made(costMs: number) {
      const got = shared.get();
      now += costMs;
      asked.at(-1)?.give(snapshot(now));
      return (await got).tag;
    },
  };
}

/** Lets what is settled go on. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("however many ask while it is made, it is made once", async () => {
  const { shared, asked } = daemon();
  const all = Array.from({ length: 50 }, () => shared.get());
  expect(asked).toHaveLength(1);
  asked[0]?.give(snapshot(1));
  expect(new Set(await Promise.all(all)).size).toBe(1);
});

test("it is good for a second, and then another one is made, with another tag", async () => {
  const { shared, asked, pass, made } = daemon();
  const first = await made(0);
  pass(1_000);
  expect((await shared.get()).tag).toBe(first);
  expect(asked).toHaveLength(1);
  pass(1);
  expect(await made(0)).not.toBe(first);
});

test.for<[costMs: number, goodForMs: number]>([
  [200, 2_000],
  [60_000, 5_000],
])("one that took %i ms is good for %i ms", async ([costMs, goodForMs]) => {
  const { asked, shared, pass, made } = daemon();
  await made(costMs);
  pass(goodForMs);
  await shared.get();
  expect(asked).toHaveLength(1);
  pass(1);
  void shared.get();
  expect(asked).toHaveLength(2);
});

test("what is asked for after a change shows the change", async () => {
  const { shared, asked, made } = daemon();
  const first = await made(0);
  shared.outdate();
  const second = await made(0);
  expect(second).not.toBe(first);
  expect((await shared.get()).tag).toBe(second);
  expect(asked).toHaveLength(2);
});

// It had looked at the orders already, and was handed out for a second after.
test("a change while one is made: who asks after it gets the next one, made when the first is done", async () => {
  const { shared, asked } = daemon();
  const before = shared.get();
  shared.outdate();
  const after = [shared.get(), shared.get()];
  await turn();
  expect(asked).toHaveLength(1);
  asked[0]?.give(snapshot(1));
  const { tag } = await before;
  await turn();
  expect(asked).toHaveLength(2);
  asked[1]?.give(snapshot(2));
  const tags = new Set((await Promise.all(after)).map((each) => each.tag));
  expect(tags.size).toBe(1);
  expect(tags).not.toContain(tag);
});

test("a change without anybody who asks meanwhile is not forgotten when it is done", async () => {
  const { shared, asked, made } = daemon();
  const before = shared.get();
  shared.outdate();
  asked[0]?.give(snapshot(1));
  const { tag } = await before;
  expect(await made(0)).not.toBe(tag);
  expect(asked).toHaveLength(2);
});

test("one that fails is told to those who waited, and is made anew for the next", async () => {
  const { shared, asked, made } = daemon();
  const got = shared.get();
  shared.outdate();
  const next = shared.get();
  asked[0]?.fail(new Error("ENOBUFS"));
  await expect(got).rejects.toThrow("ENOBUFS");
  await turn();
  asked[1]?.fail(new Error("ENOBUFS again"));
  await expect(next).rejects.toThrow("again");
  expect(await made(0)).toBeDefined();
});

test("its pieces are one JSON of it all, however many servers there are", async () => {
  const servers = Array.from({ length: 250 }, (_, i) => ({ server: `10.0.0.${i}:80` }));
  const whole = snapshot(7, [
    { id: "a", servers },
    { id: "b", servers: [] },
    { id: "c", servers: servers.slice(0, 1) },
  ]);
  for (const given of [whole, snapshot(8)]) {
    const shared = sharedSnapshot(async () => given);
    const { pieces } = await shared.get();
    expect(JSON.parse(Buffer.concat(pieces).toString())).toEqual(given);
  }
});
