import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isLocalFault } from "../../checks/lib/fault.ts";
import { ProbeLoop } from "../../src/health/probe-loop.ts";
import { graceMs, type Outcome } from "../../src/health/runner.ts";
import { Slots } from "../../src/health/slots.ts";
import { type Act, fine, ScriptedProbe } from "./scripted.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

function loopOf(act: Act, intervalMs = 10_000) {
  const probe = new ScriptedProbe(act);
  const outcomes: Outcome[] = [];
  const slots = new Slots({ underWay: 1, perTarget: 1 });
  const loop = new ProbeLoop(probe.spec("p", { intervalMs }), {
    clock: () => performance.now(),
    lag: { lostMs: () => 0 },
    slots,
    isLocalFault,
    onBug: () => {},
    onAbandoned: () => {},
    onOutcome: (_loop, outcome) => outcomes.push(outcome),
    onCutShort: () => {},
    onSkipped: () => {},
  });
  return { loop, probe, outcomes, slots };
}

test("held and let go in one breath, a probe that still cleans up is not started twice", async () => {
  const { loop, probe, slots } = loopOf("stuck");
  loop.start();
  await pass(1000);
  loop.hold();
  loop.release();
  await pass(graceMs - 1);
  expect(probe.starts).toHaveLength(1);
  expect(slots.underWay).toBe(1);
  await pass(2);
  expect(probe.starts).toHaveLength(2);
  const stopped = loop.stop();
  await pass(graceMs);
  await stopped;
});

test("held before it was started, it begins at its release", async () => {
  const { loop, probe } = loopOf(fine);
  loop.hold();
  loop.start();
  await pass(20_000);
  expect(probe.starts).toHaveLength(0);
  loop.release();
  await pass(1);
  expect(probe.starts).toHaveLength(1);
  await loop.stop();
});

test("waiting for a slot is not the server's fault: its time starts with the slot", async () => {
  const { loop, probe, outcomes, slots } = loopOf("silent");
  const other = slots.take("10.0.0.9", false, () => {});
  loop.start();
  await pass(8000);
  expect(probe.starts).toHaveLength(0);
  other.release();
  await pass(2999);
  expect(outcomes).toEqual([]);
  await pass(1);
  expect(outcomes).toMatchObject([{ kind: "verdict", verdict: { reason: "timeout" } }]);
  await loop.stop();
});

test("stopped while it waits for a slot, it never runs and frees its place", async () => {
  const { loop, probe, slots } = loopOf(fine);
  const other = slots.take("10.0.0.9", false, () => {});
  loop.start();
  await pass(1000);
  await loop.stop();
  other.release();
  await pass(1000);
  expect(probe.starts).toHaveLength(0);
  expect([slots.underWay, slots.waiting]).toEqual([0, 0]);
});

test("an interval longer than timers can count is kept", async () => {
  const days = 24 * 3600 * 1000;
  const { loop, probe } = loopOf(fine, 60 * days);
  loop.start();
  await pass(1000);
  expect(probe.starts).toHaveLength(1);
  await pass(29 * days);
  expect(probe.starts).toHaveLength(1);
  await pass(61 * days);
  expect(probe.starts).toHaveLength(2);
  await loop.stop();
});
