import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LoopLag } from "../../../../src/health/probes/lag.ts";

let now = 0;
let lag: LoopLag;
beforeEach(() => {
  vi.useFakeTimers();
  now = 0;
  lag = new LoopLag(() => now);
  lag.start();
});
afterEach(() => {
  lag.stop();
  vi.useRealTimers();
});

/** The clock goes on by `ms`, and timers that are due then fire. */
const pass = (ms: number) => {
  now += ms;
  vi.advanceTimersByTime(ms);
};

test("a loop that runs on time loses nothing", () => {
  for (let i = 0; i < 200; i++) pass(25);
  expect(lag.lostMs()).toBe(0);
});

// Else a thousand of them would add up to a second that a server is given for nothing.
test("a millisecond or two, of which a timer is always late, are no stall", () => {
  for (let i = 0; i < 200; i++) {
    now += 27;
    vi.advanceTimersByTime(25);
  }
  expect(lag.lostMs()).toBe(0);
});

test("a stall counts from when the loop should have run, also while it lasts", () => {
  now += 625;
  expect(lag.lostMs()).toBe(600);
  vi.advanceTimersByTime(25);
  expect(lag.lostMs()).toBe(600);
});

test("stalls add up", () => {
  for (let i = 0; i < 5; i++) {
    now += 75;
    vi.advanceTimersByTime(25);
  }
  expect(lag.lostMs()).toBe(250);
});

test("after stop nothing more is counted and no timer is left", () => {
  now += 125;
  lag.stop();
  now += 5000;
  expect(lag.lostMs()).toBe(100);
  expect(vi.getTimerCount()).toBe(0);
});

test("to watch the loop keeps no program running", () => {
  vi.useRealTimers();
  const timers = () => process.getActiveResourcesInfo().filter((each) => each === "Timeout").length;
  const before = timers();
  const other = new LoopLag(() => performance.now());
  other.start();
  expect(timers()).toBe(before);
  other.stop();
});

test("five milliseconds are as usual as one", () => {
  now += 25 + 5;
  expect(lag.lostMs()).toBe(0);
  now += 1;
  expect(lag.lostMs()).toBe(6);
});

test("a second start goes on with the first, and a start after a stop begins anew", () => {
  now += 20;
  lag.start();
  expect(vi.getTimerCount()).toBe(1);
  now += 25;
  expect(lag.lostMs()).toBe(20);
  lag.stop();
  now += 5000;
  lag.start();
  expect(lag.lostMs()).toBe(20);
});
