import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LoopLag } from "../../src/health/lag.ts";

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
  for (let i = 0; i < 50; i++) pass(100);
  expect(lag.lostMs()).toBe(0);
});

test("a stall counts from when the loop should have run, also while it lasts", () => {
  now += 700;
  expect(lag.lostMs()).toBe(600);
  vi.advanceTimersByTime(100);
  expect(lag.lostMs()).toBe(600);
});

test("stalls add up", () => {
  for (let i = 0; i < 5; i++) {
    now += 150;
    vi.advanceTimersByTime(100);
  }
  expect(lag.lostMs()).toBe(250);
});

test("after stop nothing is counted and no timer is left", () => {
  lag.stop();
  now += 5000;
  expect(lag.lostMs()).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});
