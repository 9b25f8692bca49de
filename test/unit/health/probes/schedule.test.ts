import fc from "fast-check";
import { expect, test } from "vitest";
import {
  firstDue,
  nextDue,
  nextTurn,
  offsetOf,
  tickAfter,
} from "../../../../src/health/probes/schedule.ts";

test("10,000 probes with alike ids spread evenly over the interval", () => {
  const tenths = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 10_000; i++) {
    const tenth = Math.floor(offsetOf(`10.0.${i >> 8}.${i & 255}:80`) * 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  for (const count of tenths) expect(count).toBeGreaterThan(850);
  for (const count of tenths) expect(count).toBeLessThan(1150);
});

test("a probe's offset is its own and never changes", () => {
  expect(offsetOf("a")).toBe(offsetOf("a"));
  expect(offsetOf("a")).not.toBe(offsetOf("b"));
});

test.for<[name: string, offset: number, intervalMs: number, due: number]>([
  ["over one second when the interval is longer", 0.5, 10_000, 7_500],
  ["over the interval when that is shorter", 0.5, 400, 7_200],
  ["from the very start", 0, 10_000, 7_000],
])("the first round is spread %s", ([, offset, intervalMs, due]) => {
  expect(firstDue(offset, intervalMs, 7_000)).toBe(due);
});

test("the first round of more than can be asked in a second takes as long as they need", () => {
  const round = { probes: 40_000, from: 0, to: 1 };
  expect(firstDue(0.5, 60_000, 7_000, round)).toBe(12_000);
  expect(firstDue(0.5, 60_000, 7_000, { ...round, probes: 4_000 })).toBe(7_500);
});

test("who comes second in a round is due behind all who come first", () => {
  const [first, second] = [
    { probes: 3, from: 0, to: 0.4 },
    { probes: 3, from: 0.4, to: 1 },
  ];
  expect(firstDue(0.5, 10_000, 0, first)).toBe(200);
  expect(firstDue(0, 10_000, 0, second)).toBe(400);
  expect(firstDue(0.5, 10_000, 0, second)).toBe(700);
});

test.for<[name: string, after: number, slot: number]>([
  ["the next one", 12_000, 12_500],
  ["never the one of right now", 12_500, 22_500],
  ["the first of all", 0, 2_500],
])("a slot is %s", ([, after, slot]) => {
  expect(tickAfter(0.25, 10_000, after)).toBe(slot);
});

test.for<[name: string, run: { due: number; now: number; isOffBeat: boolean }, next: number]>([
  [
    "a quick run is followed after one interval",
    { due: 2500, now: 2503, isOffBeat: false },
    12_500,
  ],
  [
    "a timer that fired early does not run the slot twice",
    { due: 2500, now: 2499.4, isOffBeat: false },
    12_500,
  ],
  [
    "a run of 25 s leaves out the ticks it covered",
    { due: 2500, now: 27_500, isOffBeat: false },
    32_500,
  ],
  [
    "an extra run after half of the way to the next slot lets that slot pass, for the one after it",
    { due: 8000, now: 8100, isOffBeat: true },
    15_250,
  ],
  [
    "a slow one is not made up for: the next is a slot",
    { due: 8000, now: 15_300, isOffBeat: true },
    22_500,
  ],
  [
    "an extra run just after a slot keeps the next one",
    { due: 3000, now: 3100, isOffBeat: true },
    12_500,
  ],
])("%s", ([, run, next]) => {
  expect(nextDue(0.25, 10_000, run).due).toBe(next);
});

test("whatever the run took, the next start is later than now, within an interval, and soon a slot", () => {
  const ms = (max: number) => fc.double({ min: 0, max, noNaN: true });
  fc.assert(
    fc.property(
      ms(0.999),
      fc.integer({ min: 1, max: 3_600_000 }),
      ms(1e9),
      ms(1e6),
      fc.boolean(),
      (offset, intervalMs, due, took, isOffBeat) => {
        const now = due + took;
        const run = nextDue(offset, intervalMs, { due, now, isOffBeat });
        expect(run.due).toBeGreaterThan(now);
        expect(run.due - now).toBeLessThanOrEqual(intervalMs + 1e-3);
        const second = nextDue(offset, intervalMs, { ...run, now: run.due });
        expect(second.isOffBeat).toBe(false);
        const { due: next } = run.isOffBeat ? second : run;
        const ticks = (next - offset * intervalMs) / intervalMs;
        expect(Math.abs(ticks - Math.round(ticks)) * intervalMs).toBeLessThan(0.01);
      },
    ),
  );
});

/** `n` a negotiate, `c` a connect; the results of the runs are `+` and `-`. */
function asked(connects: number, results: string): string {
  let turn = 0;
  return [...results]
    .map((result) => {
      const what = turn === 0 ? "n" : "c";
      turn = nextTurn(turn, result === "+", connects);
      return what;
    })
    .join("");
}

test.for<[name: string, connects: number, results: string, asked: string]>([
  ["N connects after each negotiate", 2, "+++++++", "nccnccn"],
  ["a failed negotiate is asked again", 2, "--+++", "nnncc"],
  ["a failed connect is looked into by a negotiate", 3, "++-+++", "nccncc"],
  ["N = 0 always negotiates", 0, "++-+", "nnnn"],
  ["N = 1 takes turns", 1, "++++", "ncnc"],
])("checktype=N: %s", ([, connects, results, expected]) => {
  expect(asked(connects, results)).toBe(expected);
});
