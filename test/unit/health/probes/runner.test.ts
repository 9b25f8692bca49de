import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { down, type Probe, type Verdict } from "../../../../checks/check.ts";
import { isLocalFault, LocalFault } from "../../../../checks/lib/fault.ts";
import { heard } from "../../../../checks/lib/heard.ts";
import { Run } from "../../../../checks/lib/run-signal.ts";
import {
  graceMs,
  type ProbeOutcome,
  runProbe,
  type Surroundings,
} from "../../../../src/health/probes/runner.ts";
import { breathMs } from "../../../../src/health/probes/server-time.ts";
import { type Act, fine, outOfDescriptors, refused, ScriptedProbe } from "../scripted.ts";

beforeEach(() => {
  vi.useFakeTimers();
  // No run begins at the clock's zero.
  vi.advanceTimersByTime(12_345);
});
afterEach(() => {
  vi.useRealTimers();
});

const target = { address: "10.0.0.3", port: 80 };
/** A deadline is judged after a poll: with false timers, a millisecond later. */
const pollMs = 1;

const around = (more: Partial<Surroundings> = {}): Surroundings => ({
  clock: () => performance.now(),
  lag: { lostMs: () => 0 },
  isLocalFault,
  onBug: () => {},
  onAbandoned: () => {},
  ...more,
});

/** One run of `act` with a timeout of 3 s, and what was told beside its outcome. */
function run(act: Act, excused = 0, lostMs: () => number = () => 0) {
  const controller = new Run();
  const scripted = new ScriptedProbe(act);
  const bugs: unknown[] = [];
  const told = {
    outcome: undefined as ProbeOutcome | undefined,
    abandoned: 0,
    bugs,
    scripted,
    controller,
  };
  const ended = runProbe(scripted.prepared(3000), target, controller, excused, {
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
  expect(told.outcome).toMatchObject({
    verdict: { up: false, reason: "internal", detail: expect.stringContaining("x is undefined") },
    durationMs: 0,
  });
  expect(told.bugs).toEqual([bug]);
});

test("a check that throws before it returns a promise is no worse", async () => {
  const controller = new Run();
  const prepared = {
    timeoutMs: 1000,
    probeKey: "",
    probe: () => {
      throw new TypeError("x is undefined");
    },
  };
  const outcome = await runProbe(prepared, target, controller, 0, around());
  expect(outcome).toMatchObject({ verdict: { up: false, reason: "internal" } });
});

test("a silent server is down at the deadline, and the detail says how long we waited", async () => {
  const told = run("silent");
  await vi.advanceTimersByTimeAsync(2999);
  expect(told.outcome).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1 + pollMs);
  expect(told.outcome).toEqual({
    kind: "verdict",
    verdict: { up: false, reason: "timeout", detail: "no answer within 3 s" },
    durationMs: 3000 + pollMs,
  });
  expect(told.scripted.underWay).toBe(0);
});

test("an answer after the deadline comes too late", async () => {
  const told = run("late");
  await vi.advanceTimersByTimeAsync(3000 + pollMs);
  expect(told.outcome).toMatchObject({ verdict: { up: false, reason: "timeout" } });
});

test("a probe that says at its deadline that it only stood in line here is no verdict", async () => {
  const inLine = new LocalFault("CHECK_PROGRAMS", "64 check programs were running already");
  const probe: Probe = (_target, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(inLine));
    });
  const running = runProbe(
    { probe, timeoutMs: 3000, probeKey: "" },
    target,
    new Run(),
    0,
    around(),
  );
  await vi.advanceTimersByTimeAsync(3000 + pollMs);
  expect(await running).toMatchObject({ kind: "local-fault", code: "CHECK_PROGRAMS" });
});

test("a probe that does not end when told to is given up after the grace, and counted", async () => {
  const told = run("stuck");
  await vi.advanceTimersByTimeAsync(3000 + pollMs + graceMs - 1);
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

test("our loop stood still while a probe was to end: it has its grace once more, and no more", async () => {
  let lostMs = 0;
  const told = run("stuck", 0, () => lostMs);
  told.controller.abort();
  lostMs = graceMs;
  await vi.advanceTimersByTimeAsync(2 * graceMs - 1);
  expect([told.outcome, told.abandoned]).toEqual([undefined, 0]);
  lostMs += graceMs;
  await vi.advanceTimersByTimeAsync(1);
  expect([told.outcome, told.abandoned]).toEqual([{ kind: "cut-short" }, 1]);
});

test("nothing is left behind: no timer, no listener", async () => {
  const told = run(fine);
  await told.ended;
  expect(vi.getTimerCount()).toBe(0);
  told.controller.abort();
  expect(vi.getTimerCount()).toBe(0);
  const cut = run("silent");
  await vi.advanceTimersByTimeAsync(100);
  cut.controller.abort();
  await cut.ended;
  expect(vi.getTimerCount()).toBe(0);
});

test("cut while it is told to end at its deadline, it is a timeout all the same, told once", async () => {
  const told = run("stuck");
  await vi.advanceTimersByTimeAsync(3000 + pollMs);
  told.controller.abort();
  await vi.advanceTimersByTimeAsync(graceMs);
  expect(told.outcome).toMatchObject({ verdict: { reason: "timeout" } });
  expect([told.abandoned, vi.getTimerCount()]).toEqual([1, 0]);
});

test("a deadline that timers can not count is waited for, not asked after all the time", async () => {
  let looks = 0;
  const controller = new Run();
  const days = 24 * 3600 * 1000;
  const running = runProbe(
    new ScriptedProbe("silent").prepared(60 * days),
    target,
    controller,
    0,
    around({
      clock: () => {
        looks++;
        return performance.now();
      },
    }),
  );
  await vi.advanceTimersByTimeAsync(1000);
  expect(looks).toBeLessThan(10);
  await vi.advanceTimersByTimeAsync(61 * days);
  expect(await running).toMatchObject({ verdict: { reason: "timeout" } });
});

/** What surrounds a run whose deadline is noticed when the clock says so, and what becomes of it. */
function clocked(act: Act | Probe, lostMs = () => 0) {
  const told = { now: 100_000, outcome: undefined as ProbeOutcome | undefined };
  const probe = typeof act === "function" ? act : new ScriptedProbe(act).prepared().probe;
  const prepared = { probe, timeoutMs: 3000, probeKey: "" };
  const surroundings = around({ clock: () => told.now, lag: { lostMs } });
  void runProbe(prepared, target, new Run(), 0, surroundings).then((outcome) => {
    told.outcome = outcome;
  });
  return told;
}

test("a deadline is noticed no millisecond early", async () => {
  const told = clocked("silent");
  told.now += 2999;
  await vi.advanceTimersByTimeAsync(3000 + pollMs);
  expect(told.outcome).toBeUndefined();
  told.now += 1;
  await vi.advanceTimersByTimeAsync(1 + pollMs);
  expect(told.outcome).toMatchObject({ verdict: { reason: "timeout" }, durationMs: 3000 });
});

test.for<[lateMs: number, isAtOnce: boolean]>([
  [50, true],
  [51, false],
])(
  "noticed %i ms late, a deadline is over at once: %s; and the second look is the last",
  async ([lateMs, isAtOnce]) => {
    const told = clocked("silent");
    told.now += 3000 + lateMs;
    await vi.advanceTimersByTimeAsync(3000 + pollMs);
    expect(told.outcome !== undefined).toBe(isAtOnce);
    told.now += 5000;
    await vi.advanceTimersByTimeAsync(breathMs + pollMs);
    expect(told.outcome).toMatchObject({ verdict: { reason: "timeout" } });
  },
);

test("a run is over when it has lasted a minute, though the server has just said something", async () => {
  let lost = 0;
  let speak = () => {};
  const told = clocked(
    (_target, signal) =>
      new Promise((_resolve, reject) => {
        speak = () => heard(signal);
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
    () => lost,
  );
  told.now += 60_000;
  lost = 60_000;
  speak();
  await vi.advanceTimersByTimeAsync(3000 + pollMs + breathMs + pollMs);
  expect(told.outcome).toMatchObject({ code: "loop-lag" });
});

test("cut when its deadline is about to be judged, it is cut short", async () => {
  const polls: (() => void)[] = [];
  const controller = new Run();
  const running = runProbe(
    new ScriptedProbe("stuck").prepared(3000),
    target,
    controller,
    0,
    around({ afterPoll: (judge) => polls.push(judge) }),
  );
  await vi.advanceTimersByTimeAsync(3000);
  controller.abort();
  for (const judge of polls) judge();
  await vi.advanceTimersByTimeAsync(graceMs);
  expect([polls.length, await running]).toEqual([1, { kind: "cut-short" }]);
});

const hungUp = down("closed", "connection closed");

test.for<[name: string, act: Act, lostMs: number, excused: number, kind: string]>([
  // As the original's users had it on a starved machine: never out (1 s of 3 lost was enough).
  ["a silence counts, though our loop lost more than its time", "silent", 4900, 0, "verdict"],
  ["not when the whole machine may have stood still", "silent", 5000, 0, "local-fault"],
  ["but the second time in a row it does", "silent", 5000, 1, "verdict"],
  ["who hangs up while we stand still is asked again", hungUp, 750, 0, "local-fault"],
  ["and the second time it counts", hungUp, 750, 1, "verdict"],
  ["who hangs up while we run is down", hungUp, 749, 0, "verdict"],
  ["a refusal counts whatever our loop did", refused, 50_000, 0, "verdict"],
  ["a good answer counts whatever our loop did", fine, 50_000, 0, "verdict"],
])("%s", async ([, act, lost, excused, kind]) => {
  let total = 100;
  const told = run(act, excused, () => total);
  total += lost;
  await vi.advanceTimersByTimeAsync(3000 + pollMs);
  expect(told.outcome?.kind).toBe(kind);
});

/** A probe whose server says something at each of these times, and the last of them is its good answer. */
const speaking =
  (...times: readonly number[]): Probe =>
  (_target, signal) =>
    new Promise((resolve, reject) => {
      for (const [i, at] of times.entries()) {
        const timer = setTimeout(() => {
          heard(signal);
          if (i === times.length - 1) resolve(fine);
        }, at);
        signal.addEventListener("abort", () => clearTimeout(timer));
      }
      signal.addEventListener("abort", () => reject(signal.reason));
    });

function runOf(probe: Probe, lostMs: () => number, excused = 0) {
  const prepared = { probe, timeoutMs: 3000, probeKey: "" };
  return runProbe(prepared, target, new Run(), excused, around({ lag: { lostMs } }));
}

test("a server that answers while our loop is starved has the lost time back", async () => {
  // Half of the time is lost: six answers of 400 ms each are read after 800 ms each.
  const running = runOf(speaking(800, 1600, 2400, 3200, 4000, 4800), () => performance.now() / 2);
  await vi.advanceTimersByTimeAsync(4800);
  expect(await running).toMatchObject({ verdict: { up: true } });
});

test("and the same pace in a loop that runs is too slow", async () => {
  const running = runOf(speaking(800, 1600, 2400, 3200), () => 0);
  await vi.advanceTimersByTimeAsync(3000 + pollMs);
  expect(await running).toMatchObject({
    verdict: { reason: "timeout" },
    durationMs: 3000 + pollMs,
  });
});

test("who answers once and then is silent has its whole time in silence, and no more", async () => {
  const running = runOf(speaking(1000, 60_000), () => performance.now() / 2);
  await vi.advanceTimersByTimeAsync(3499);
  expect(vi.getTimerCount()).toBeGreaterThan(0);
  await vi.advanceTimersByTimeAsync(2);
  expect(await running).toMatchObject({ verdict: { reason: "timeout" } });
});

test("drop by drop, for as long as we are starved, is no way to stay for ever", async () => {
  const drops = Array.from({ length: 1000 }, (_, i) => (i + 1) * 200);
  const running = runOf(speaking(...drops), () => performance.now(), 1);
  await vi.advanceTimersByTimeAsync(70_000);
  expect(await running).toMatchObject({ verdict: { reason: "timeout" } });
});

test("an answer that lies in the socket when a late deadline is noticed is read first", async () => {
  let answer = (_: Verdict): void => {};
  const probe: Probe = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  const polls: (() => void)[] = [];
  const running = runProbe(
    { probe, timeoutMs: 3000, probeKey: "" },
    target,
    new Run(),
    0,
    around({ afterPoll: (judge) => polls.push(judge) }),
  );
  await vi.advanceTimersByTimeAsync(3000 + pollMs);
  answer(fine);
  await Promise.resolve();
  await Promise.resolve();
  for (const judge of polls) judge();
  expect(await running).toMatchObject({ verdict: fine });
  expect(vi.getTimerCount()).toBe(0);
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
        const isOurDoing = (act === "silent" || act === "stuck") && cutAt < 3000 + pollMs;
        expect(told.outcome?.kind === "cut-short").toBe(isOurDoing);
        expect(vi.getTimerCount()).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});
