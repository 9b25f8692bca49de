import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Probe } from "../../checks/check.ts";
import { isLocalFault, LocalFault } from "../../checks/lib/fault.ts";
import { graceMs, lagBoundMs, type Outcome, runProbe } from "../../src/health/runner.ts";
import { type Act, fine, outOfDescriptors, refused, ScriptedProbe } from "./scripted.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const target = { address: "10.0.0.3", port: 80 };

/** One run of `act` with a timeout of 3 s, and what was told beside its outcome. */
function run(act: Act, startedLateMs = 0, lostMs: () => number = () => 0) {
  const controller = new AbortController();
  const scripted = new ScriptedProbe(act);
  const bugs: unknown[] = [];
  const told = {
    outcome: undefined as Outcome | undefined,
    abandoned: 0,
    bugs,
    scripted,
    controller,
  };
  const ended = runProbe(scripted.prepared(3000), target, controller, startedLateMs, {
    clock: () => performance.now(),
    lag: { lostMs },
    isLocalFault,
    onBug: (error) => bugs.push(error),
    onAbandoned: () => told.abandoned++,
  }).then((outcome) => {
    told.outcome = outcome;
  });
  return Object.assign(told, { ended });
}

test.for<[name: string, act: Act, outcome: object]>([
  ["a good answer is the server's word", fine, { kind: "verdict", verdict: fine }],
  ["so is a refusal", refused, { kind: "verdict", verdict: refused }],
  [
    "out of descriptors is our trouble",
    outOfDescriptors(),
    { kind: "local-fault", code: "EMFILE" },
  ],
])("%s", async ([, act, outcome]) => {
  const told = run(act);
  await told.ended;
  expect(told.outcome).toMatchObject(outcome);
});

test("a check that throws is down as internal, and its stack is told", async () => {
  const bug = new TypeError("x is undefined");
  const told = run(bug);
  await told.ended;
  expect(told.outcome).toMatchObject({ verdict: { up: false, reason: "internal" } });
  expect(told.bugs).toEqual([bug]);
});

test("a check that throws before it returns a promise is no worse", async () => {
  const controller = new AbortController();
  const prepared = {
    timeoutMs: 1000,
    sameness: "",
    probe: () => {
      throw new TypeError("x is undefined");
    },
  };
  const around = {
    clock: () => 0,
    lag: { lostMs: () => 0 },
    isLocalFault,
    onBug: () => {},
    onAbandoned: () => {},
  };
  const outcome = await runProbe(prepared, target, controller, 0, around);
  expect(outcome).toMatchObject({ verdict: { up: false, reason: "internal" } });
});

test("a silent server is down at the deadline, and the detail says how long we waited", async () => {
  const told = run("silent");
  await vi.advanceTimersByTimeAsync(2999);
  expect(told.outcome).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  expect(told.outcome).toEqual({
    kind: "verdict",
    verdict: { up: false, reason: "timeout", detail: "no answer within 3 s" },
    durationMs: 3000,
  });
  expect(told.scripted.underWay).toBe(0);
});

test("an answer after the deadline comes too late", async () => {
  const told = run("late");
  await vi.advanceTimersByTimeAsync(3000);
  expect(told.outcome).toMatchObject({ verdict: { up: false, reason: "timeout" } });
});

test("a probe that says at its deadline that it only stood in line here is no verdict", async () => {
  const inLine = new LocalFault("CHECK_PROGRAMS", "64 check programs were running already");
  const probe: Probe = (_target, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(inLine), { once: true });
    });
  const running = runProbe(
    { probe, timeoutMs: 3000, sameness: "" },
    target,
    new AbortController(),
    0,
    {
      clock: () => performance.now(),
      lag: { lostMs: () => 0 },
      isLocalFault,
      onBug: () => {},
      onAbandoned: () => {},
    },
  );
  await vi.advanceTimersByTimeAsync(3000);
  expect(await running).toMatchObject({ kind: "local-fault", code: "CHECK_PROGRAMS" });
});

test("a probe that does not end when told to is given up after the grace, and counted", async () => {
  const told = run("stuck");
  await vi.advanceTimersByTimeAsync(3000 + graceMs - 1);
  expect(told.outcome).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  expect(told.outcome).toMatchObject({ verdict: { reason: "timeout" } });
  expect(told.abandoned).toBe(1);
});

test("a probe that we cut short has no verdict, whatever it says while it ends", async () => {
  const told = run("silent");
  await vi.advanceTimersByTimeAsync(100);
  told.controller.abort();
  await told.ended;
  expect(told.outcome).toEqual({ kind: "cut-short" });
  expect(told.abandoned).toBe(0);
});

test("an answer to our cutting it short does not count", async () => {
  const told = run("late");
  told.controller.abort();
  await told.ended;
  expect(told.outcome).toEqual({ kind: "cut-short" });
});

test("a stuck probe that we cut short is given up after the grace", async () => {
  const told = run("stuck");
  told.controller.abort();
  await vi.advanceTimersByTimeAsync(graceMs);
  expect(told.outcome).toEqual({ kind: "cut-short" });
  expect(told.abandoned).toBe(1);
});

test("nothing is left behind: no timer, no listener", async () => {
  await run(fine).ended;
  expect(vi.getTimerCount()).toBe(0);
});

test.for<[name: string, act: Act, lostMs: number, startedLateMs: number, kind: string]>([
  ["a timeout while our loop stood still proves nothing", "silent", 751, 0, "local-fault"],
  ["a short stall does not excuse a timeout", "silent", 749, 0, "verdict"],
  ["a timeout of a probe that we started late proves nothing", "silent", 0, 751, "local-fault"],
  ["a refusal counts whatever our loop did", refused, 5000, 5000, "verdict"],
  ["a good answer counts whatever our loop did", fine, 5000, 5000, "verdict"],
])("%s", async ([, act, lost, startedLateMs, kind]) => {
  let total = 100;
  const told = run(act, startedLateMs, () => total);
  total += lost;
  await vi.advanceTimersByTimeAsync(3000);
  expect(told.outcome?.kind).toBe(kind);
});

test("the bound is a quarter of the timeout, 250 ms at least", () => {
  expect([500, 3000, 30_000].map(lagBoundMs)).toEqual([250, 750, 7500]);
});

test("whenever it is cut, a probe has one outcome, and a timeout is never called before its time", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 5000 }),
      fc.constantFrom<Act>(fine, refused, "silent", "stuck", outOfDescriptors()),
      async (cutAt, act) => {
        const told = run(act);
        await vi.advanceTimersByTimeAsync(cutAt);
        told.controller.abort();
        await vi.advanceTimersByTimeAsync(5000);
        const isOurDoing = (act === "silent" || act === "stuck") && cutAt < 3000;
        expect(told.outcome?.kind === "cut-short").toBe(isOurDoing);
        expect(vi.getTimerCount()).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});
