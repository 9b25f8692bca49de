import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { PreparedProbe, Verdict } from "../../../../checks/check.ts";
import { isLocalFault } from "../../../../checks/lib/fault.ts";
import type { LocalLink } from "../../../../src/health/blame/local-link.ts";
import type { ProbeSpec } from "../../../../src/health/plan.ts";
import { Agenda } from "../../../../src/health/probes/agenda.ts";
import { type Elsewhere, threadLost } from "../../../../src/health/probes/elsewhere.ts";
import { Pacer } from "../../../../src/health/probes/pacer.ts";
import { ProbePermits } from "../../../../src/health/probes/permits.ts";
import { ProbeLoop } from "../../../../src/health/probes/probe-loop.ts";
import { graceMs, type ProbeOutcome } from "../../../../src/health/probes/runner.ts";
import { type Act, fine, outOfDescriptors, refused, ScriptedProbe } from "../scripted.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

function loopOf(
  act: Act | ((run: number) => Act),
  intervalMs = 10_000,
  lostMs = () => 0,
  more: Partial<ProbeSpec> & {
    readonly ownLink?: LocalLink;
    readonly pacer?: Pacer;
    readonly elsewhere?: Elsewhere;
  } = {},
) {
  const probe = new ScriptedProbe(act);
  const outcomes: ProbeOutcome[] = [];
  const told = {
    asked: [] as string[],
    cutShort: 0,
    skipped: [] as number[],
    late: [] as number[],
  };
  const slots = new ProbePermits({ underWay: 1 });
  const { ownLink, elsewhere, pacer = new Pacer(), ...rest } = more;
  const loop = new ProbeLoop(probe.spec("p", { intervalMs, ...rest }), {
    ...{ ownLink, elsewhere },
    clock: () => performance.now(),
    lag: { lostMs },
    permits: slots,
    pacer,
    agenda: new Agenda(() => performance.now()),
    isLocalFault,
    onBug: () => {},
    onAbandoned: () => {},
    onOutcome: (_loop, outcome, asked) => {
      outcomes.push(outcome);
      told.asked.push(asked);
    },
    onCutShort: () => told.cutShort++,
    onSkipped: (ticks) => told.skipped.push(ticks),
    onStarted: (lateMs) => told.late.push(lateMs),
  });
  return { loop, probe, outcomes, slots, told };
}

const gaps = ({ starts }: ScriptedProbe): number[] =>
  starts.slice(1).map((at, i) => Math.round(at - (starts[i] ?? 0)));

test("held and let go in one breath, a probe that still cleans up is not started twice", async () => {
  const { loop, probe, slots } = loopOf("stuck");
  loop.start();
  await pass(1000);
  loop.hold();
  loop.release();
  await pass(graceMs - 1);
  expect(probe.starts).toHaveLength(1);
  expect(slots.underWay).toBe(1);
  await pass(3);
  expect(probe.starts).toHaveLength(2);
  const stopped = loop.stop();
  await pass(graceMs);
  await stopped;
});

test("what a thread loses is asked here at once, whatever the threads do", async () => {
  let lost = 0;
  const elsewhere: Elsewhere = {
    take: (_due, asker) => {
      lost++;
      queueMicrotask(() =>
        asker.onSettled({ kind: "local-fault", code: threadLost, detail: "gone" }),
      );
      return true;
    },
  };
  const { loop, outcomes, told } = loopOf(fine, 1000, () => 0, { elsewhere });
  loop.start();
  await pass(1000);
  const first = outcomes.slice(0, 2);
  expect(first.map(({ kind }) => kind)).toEqual(["local-fault", "verdict"]);
  expect(told.cutShort).toBe(0);
  await pass(10_000);
  // One an interval, each after a run that was lost: no more often than that.
  expect(outcomes.filter(({ kind }) => kind === "verdict").length).toBeGreaterThanOrEqual(10);
  expect(lost).toBeLessThanOrEqual(12);
  await loop.stop();
});

test("held before it was started, it begins at its release", async () => {
  const { loop, probe } = loopOf(fine);
  loop.hold();
  loop.start();
  await pass(20_000);
  expect(probe.starts).toHaveLength(0);
  loop.release();
  await pass(2);
  expect(probe.starts).toHaveLength(1);
  await loop.stop();
});

test("waiting for a slot is not the server's fault: its time starts with the slot", async () => {
  const { loop, probe, outcomes, slots } = loopOf("silent");
  const other = slots.take({ isSlow: false, onSlot: () => {}, onWanted: () => {} });
  loop.start();
  await pass(8000);
  expect(probe.starts).toHaveLength(0);
  other.release();
  await pass(2999);
  expect(outcomes).toEqual([]);
  await pass(2);
  expect(outcomes).toMatchObject([{ kind: "verdict", verdict: { reason: "timeout" } }]);
  await loop.stop();
});

test("stopped while it waits for a slot, it never runs and frees its place", async () => {
  const { loop, probe, slots } = loopOf(fine);
  const other = slots.take({ isSlow: false, onSlot: () => {}, onWanted: () => {} });
  loop.start();
  await pass(1000);
  await loop.stop();
  other.release();
  await pass(1000);
  expect(probe.starts).toHaveLength(0);
  expect([slots.underWay, slots.waiting]).toEqual([0, 0]);
});

test("a slow one gives way to a quick one when it has had half a second, and is asked again in its turn", async () => {
  const { loop, probe, outcomes, slots, told } = loopOf("silent");
  loop.start();
  while (outcomes.length === 0) await pass(10);
  while (probe.underWay === 0) await pass(10);
  let isIn = false;
  const onSlot = () => {
    isIn = true;
  };
  const quick = slots.take({ isSlow: false, onSlot, onWanted: () => {} });
  await pass(480);
  expect(isIn).toBe(false);
  await pass(20);
  expect(isIn).toBe(true);
  quick.release();
  await pass(5000);
  expect(probe.starts).toHaveLength(2);
  await pass(6000);
  expect(probe.starts).toHaveLength(3);
  expect(outcomes).toHaveLength(1);
  expect(told.cutShort).toBe(1);
  // Held and let go, it has not given way once more: it is asked at once.
  loop.hold();
  loop.release();
  await pass(20);
  expect(probe.starts).toHaveLength(4);
  await loop.stop();
});

test("when our loop stood still for its whole time, a silence is asked after once more, at once", async () => {
  let lost = 0;
  const { loop, probe, outcomes } = loopOf(
    () => {
      lost += 8000;
      return "silent";
    },
    60_000,
    () => lost,
  );
  loop.start();
  await pass(10_000);
  expect(outcomes.map(({ kind }) => kind)).toEqual(["local-fault", "verdict"]);
  expect(probe.starts).toHaveLength(2);
  await loop.stop();
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

test("a second start changes nothing, nor does the release of who is not held", async () => {
  const { loop, probe } = loopOf(fine);
  loop.start();
  await pass(2000);
  loop.start();
  loop.release();
  await pass(3000);
  expect(probe.starts).toHaveLength(1);
  await loop.stop();
});

test("after stop it never runs again, started or released", async () => {
  const { loop, probe } = loopOf(fine);
  loop.hold();
  await loop.stop();
  loop.start();
  loop.release();
  await pass(20_000);
  expect(probe.starts).toHaveLength(0);
});

test("stopped while it waits for our time, it never runs", async () => {
  const line = new Set<() => void>();
  class BusyPacer extends Pacer {
    override start(begin: () => void): () => void {
      line.add(begin);
      return () => line.delete(begin);
    }
  }
  const { loop, probe, slots } = loopOf(fine, 10_000, undefined, { pacer: new BusyPacer() });
  loop.start();
  await pass(2000);
  expect([line.size, probe.starts.length]).toEqual([1, 0]);
  await loop.stop();
  for (const begin of line) begin();
  expect([slots.underWay, slots.waiting, probe.starts.length]).toEqual([0, 0, 0]);
});

test.for(["p", "q", "r", "s", "t", "u", "v", "w"])(
  "probe %s: from a run at once to the next one is half an interval at least, and one at most; then ticks",
  async (id) => {
    const { loop, probe, told } = loopOf(fine, 10_000, undefined, { id });
    loop.start();
    await pass(47_000);
    const before = probe.starts.length;
    loop.hold();
    loop.release();
    await pass(30_000);
    const all = gaps(probe);
    expect(Math.min(all[0] ?? 0, ...all.slice(before))).toBeGreaterThanOrEqual(4998);
    expect(Math.max(...all)).toBeLessThanOrEqual(10_002);
    expect(all.slice(2, 4)).toEqual([10_000, 10_000]);
    expect(told.skipped).toEqual([]);
    await loop.stop();
  },
);

test("who was never asked is not taken for a slow one", async () => {
  const { loop, probe, slots } = loopOf(fine);
  const first = slots.take({ isSlow: false, onSlot: () => {}, onWanted: () => {} });
  const slow = slots.take({ isSlow: true, onSlot: () => {}, onWanted: () => {} });
  loop.start();
  await pass(2000);
  first.release();
  await pass(2);
  expect(probe.starts).toHaveLength(1);
  slow.release();
  await loop.stop();
});

test("it tells how late each run began, for want of a permit as well", async () => {
  const { loop, slots, told } = loopOf(fine);
  const other = slots.take({ isSlow: false, onSlot: () => {}, onWanted: () => {} });
  loop.start();
  const { due } = loop;
  await pass(4000);
  const lateMs = performance.now() - due;
  other.release();
  await pass(10_000);
  expect(told.late.map(Math.round)).toEqual([Math.round(lateMs), expect.closeTo(1, -1)]);
  await loop.stop();
});

test("ticks that a long run covered are told of as left out", async () => {
  const { loop, probe, told } = loopOf("silent", 1000);
  loop.start();
  await pass(13_500);
  expect(gaps(probe)).toEqual([4000, 4000, 4000]);
  // Of the first run, which is no tick, nothing is told.
  expect(told.skipped).toEqual([3, 3]);
  await loop.stop();
});

test("it connects after a good negotiate, and says which of the two it asked", async () => {
  const between = { prepared: new ScriptedProbe(fine).prepared(), turns: 1 };
  const { loop, outcomes, told } = loopOf(fine, 1000, undefined, { between });
  loop.start();
  await pass(4000);
  expect(told.asked.slice(0, 3)).toEqual(["main", "between", "main"]);
  expect(outcomes.every(({ kind }) => kind === "verdict")).toBe(true);
  await loop.stop();
});

test("local trouble moves no turn: the same is asked again", async () => {
  const between = { prepared: new ScriptedProbe(outOfDescriptors()).prepared(), turns: 2 };
  const { loop, told } = loopOf(fine, 1000, undefined, { between });
  loop.start();
  await pass(5000);
  expect(told.asked.slice(0, 4)).toEqual(["main", "between", "between", "between"]);
  await loop.stop();
});

test("what was cut short is told as that and nothing else", async () => {
  const { loop, outcomes, told } = loopOf("silent");
  loop.start();
  await pass(1100);
  loop.hold();
  await pass(100);
  expect(told.cutShort).toBe(1);
  await pass(20_000);
  loop.release();
  await pass(100);
  await loop.stop();
  expect(told.cutShort).toBe(2);
  expect(outcomes).toEqual([]);
});

test.for(["hold", "stop"] as const)(
  "on %s, what is given up at its deadline says nothing any more",
  async (end) => {
    const { loop, outcomes, told } = loopOf("stuck");
    loop.start();
    await pass(4200);
    void loop[end]();
    await pass(graceMs);
    expect([outcomes, told.cutShort]).toEqual([[], 1]);
    await loop.stop();
  },
);

test("a silence is our own link's when that was down since the run began", async () => {
  const since: number[] = [];
  const trouble = (_address: string, sinceMs: number) => {
    since.push(sinceMs);
    return { code: "link-was-down", text: "its card was down" };
  };
  const ownLink = { trouble, isOwn: () => false };
  const { loop, probe, outcomes } = loopOf("silent", 10_000, undefined, { ownLink });
  loop.start();
  await pass(5000);
  expect(outcomes).toMatchObject([{ kind: "local-fault", code: "link-was-down" }]);
  expect(since.map(Math.round)).toEqual(probe.starts.map(Math.round));
  await loop.stop();
});

test("the second time in a row that our loop stood still, the silence counts; after a verdict it may again", async () => {
  let lost = 0;
  const { loop, outcomes } = loopOf(
    (run) => {
      if (run === 2) return fine;
      lost += 8000;
      return "silent";
    },
    10_000,
    () => lost,
  );
  loop.start();
  await pass(42_000);
  const kinds = outcomes.map(({ kind }) => kind);
  expect(kinds.slice(0, 5)).toEqual([
    "local-fault",
    "verdict",
    "verdict",
    "local-fault",
    "verdict",
  ]);
  await loop.stop();
});

/** One that answers only after so many milliseconds. */
const slowly = (verdict: Verdict, ms: number): PreparedProbe => ({
  timeoutMs: 3000,
  probeKey: "",
  probe: () => new Promise((resolve) => setTimeout(() => resolve(verdict), ms)),
});

test.for<[name: string, verdict: Verdict, ms: number, isSlow: boolean]>([
  ["a good answer is never a waste, however slow", fine, 900, false],
  ["nor is a quick failure", refused, 499, false],
  ["a failure that took half a second was", refused, 500, true],
])("%s: who failed slowly stands behind the others", async ([, verdict, ms, isSlow]) => {
  const { loop, slots, outcomes, told } = loopOf(fine, 10_000, undefined, {
    main: slowly(verdict, ms),
  });
  loop.start();
  await pass(2000);
  expect(outcomes).toHaveLength(1);
  const first = slots.take({ isSlow: false, onSlot: () => {}, onWanted: () => {} });
  let hasSlot = false;
  const onSlot = () => {
    hasSlot = true;
  };
  const slow = slots.take({ isSlow: true, onSlot, onWanted: () => {} });
  await pass(10_000);
  first.release();
  expect(hasSlot).toBe(isSlow);
  slow.release();
  await pass(1000);
  expect(told.late).toHaveLength(2);
  await loop.stop();
});

test("asked to give way, and answered before it had to: nothing is cut short, no timer is left", async () => {
  const answers = [600, 400];
  const main: PreparedProbe = {
    ...slowly(refused, 0),
    probe: (target, signal) => slowly(refused, answers.shift() ?? 0).probe(target, signal),
  };
  const { loop, slots, outcomes, told } = loopOf(fine, 10_000, undefined, { main });
  loop.start();
  await pass(2000);
  while (slots.underWay === 0) await pass(10);
  await pass(300);
  const quick = slots.take({ isSlow: false, onSlot: () => {}, onWanted: () => {} });
  quick.release();
  await pass(101);
  expect([outcomes.length, told.cutShort, vi.getTimerCount()]).toEqual([2, 0, 1]);
  await loop.stop();
});

test.for(["p", "q", "r", "s", "t", "u"])(
  "probe %s: what is asked again at once is followed by a tick half an interval later at least",
  async (id) => {
    let lost = 0;
    const held = loopOf("silent", 60_000, undefined, { id });
    held.loop.start();
    await pass(1100);
    held.loop.hold();
    held.loop.release();
    await pass(100_000);
    expect(gaps(held.probe)[1]).toBeGreaterThanOrEqual(29_998);
    await held.loop.stop();

    const act = (run: number): Act => {
      if (run > 0) return fine;
      lost += 8000;
      return "silent";
    };
    const excused = loopOf(act, 60_000, () => lost, { id });
    excused.loop.start();
    await pass(100_000);
    expect(excused.outcomes[0]?.kind).toBe("local-fault");
    expect(gaps(excused.probe)[1]).toBeGreaterThanOrEqual(29_998);
    await excused.loop.stop();
  },
);
