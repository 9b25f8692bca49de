import { describe, expect, test } from "vitest";
import { RecordRing } from "../../../src/log/sinks/ring.ts";

const write = (ring: RecordRing, text: string, time = 0): void =>
  ring.write({ time, severity: "info", name: "debug", text, fields: {} });
const texts = (ring: RecordRing, after = 0, max = 100) =>
  ring.after(after, max).map(({ text }) => text);

test("records are numbered from 1, and asked for by the number before them", () => {
  const ring = new RecordRing();
  for (const text of ["a", "b", "c"]) write(ring, text);
  expect(ring.after(0, 100).map(({ number, text }) => `${number}${text}`)).toEqual([
    "1a",
    "2b",
    "3c",
  ]);
  expect(texts(ring, 1, 1)).toEqual(["b"]);
  expect(texts(ring, 3)).toEqual([]);
  expect(texts(ring, 1_000_000)).toEqual([]);
  expect(texts(new RecordRing())).toEqual([]);
});

test("of more records than are kept the newest stay, and keep their numbers", () => {
  const ring = new RecordRing(10);
  for (let i = 1; i <= 35; i++) {
    write(ring, String(i));
    const kept = texts(ring);
    expect(kept.length).toBeLessThanOrEqual(10);
    expect(kept.length).toBeGreaterThanOrEqual(Math.min(i, 9));
    expect(kept.at(-1)).toBe(String(i));
    expect(ring.after(0, 1)[0]?.number).toBe(Number(kept[0]));
  }
  // Who was left behind goes on with what there is.
  expect(texts(ring, 3)[0]).toBe(texts(ring)[0]);
  expect(texts(ring, 34)).toEqual(["35"]);
});

test("long ones count for more", () => {
  const ring = new RecordRing(1_000, 100_000);
  for (let i = 0; i < 100; i++) write(ring, "x".repeat(4_900));
  expect(texts(ring).length).toBeLessThanOrEqual(10);
  expect(texts(ring).length).toBeGreaterThanOrEqual(8);
  write(ring, "y".repeat(1_000_000));
  write(ring, "the newest");
  expect(texts(ring).at(-1)).toBe("the newest");
});

test("what came since a time is found, by the number before it", () => {
  const ring = new RecordRing();
  for (const time of [10, 20, 30]) write(ring, `at ${time}`, time);
  expect([5, 10, 11, 30, 31].map((time) => ring.before(time))).toEqual([0, 0, 1, 2, 3]);
  expect(texts(ring, ring.before(20))).toEqual(["at 20", "at 30"]);
});

describe("the next record", () => {
  test("is waited for by all who ask", async () => {
    const ring = new RecordRing();
    const { signal } = new AbortController();
    const waiting = [ring.next(signal), ring.next(signal)];
    write(ring, "a");
    await Promise.all(waiting);
    expect(texts(ring)).toEqual(["a"]);
  });

  test("is waited for no more once the signal aborts, or when it has", async () => {
    const ring = new RecordRing();
    const gone = new AbortController();
    const waiting = ring.next(gone.signal);
    gone.abort();
    await waiting;
    await ring.next(gone.signal);
    expect(texts(ring)).toEqual([]);
  });
});

test("close keeps what it has: a log that is redirected closes what it leaves", () => {
  const ring = new RecordRing();
  write(ring, "a");
  ring.close();
  write(ring, "b");
  expect(texts(ring)).toEqual(["a", "b"]);
});
