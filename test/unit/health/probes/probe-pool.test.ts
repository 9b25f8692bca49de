import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isLocalFault } from "../../../../checks/lib/fault.ts";
import type { MonitorSpec, ProbeSpec } from "../../../../src/health/plan.ts";
import { Agenda } from "../../../../src/health/probes/agenda.ts";
import { Pacer } from "../../../../src/health/probes/pacer.ts";
import { ProbePermits } from "../../../../src/health/probes/permits.ts";
import { ProbePool } from "../../../../src/health/probes/probe-pool.ts";
import { graceMs } from "../../../../src/health/probes/runner.ts";
import { monitorSpec } from "../../../support/builders.ts";
import { type Act, fine, ScriptedProbe } from "../scripted.ts";

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
let pool: ProbePool;
let ended: string[];
/** Ids of the probes that had an outcome. */
let heard: string[];

beforeEach(() => {
  vi.useFakeTimers();
  ended = [];
  heard = [];
  const parts = {
    clock: () => performance.now(),
    lag: { lostMs: () => 0 },
    permits: new ProbePermits({ underWay: 10 }),
    pacer: new Pacer(),
    agenda: new Agenda(() => performance.now()),
    isLocalFault,
    onBug: () => {},
    onAbandoned: () => {},
    onOutcome: ({ spec }: { readonly spec: ProbeSpec }) => {
      heard.push(spec.name);
      pool.heard(spec.id);
    },
    onCutShort: () => {},
    onSkipped: () => {},
    onStarted: () => {},
  };
  pool = new ProbePool(parts, (id) => ended.push(id));
});
afterEach(async () => {
  const stopped = pool.stop();
  await pass(graceMs);
  await stopped;
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const specOf = (probe: ScriptedProbe, id: string, service = "1"): MonitorSpec =>
  monitorSpec(probe.spec(id), { virtual: `10.0.0.${service}:80` });
const run = (...specs: readonly MonitorSpec[]) => pool.start(pool.replace(specs));

/** Whether the first round is over by now. */
async function isOver(): Promise<boolean> {
  let over = false;
  void pool.firstRound().then(() => {
    over = true;
  });
  await pass(0);
  return over;
}

test("services that ask the same share a probe; what is not asked has none", () => {
  const probe = new ScriptedProbe(fine);
  const specs = [specOf(probe, "p", "1"), specOf(probe, "p", "2"), specOf(probe, "q", "3")];
  run(...specs, monitorSpec({ kind: "fixed", state: "up" }));
  expect([pool.size, [...pool.ids()]]).toEqual([2, ["p", "q"]]);
  expect(pool.monitorsOf("p")).toEqual([specs[0]?.id, specs[1]?.id]);
  expect(pool.monitorsOf("gone")).toEqual([]);
});

test("who stays keeps its timers and takes the new spec; who is gone is told of", async () => {
  const [a, b] = [new ScriptedProbe(fine), new ScriptedProbe(fine)];
  run(specOf(a, "p"), specOf(b, "q"));
  await pass(2000);
  const renamed = monitorSpec(a.spec("p", { name: "renamed" }), { virtual: "10.0.0.9:80" });
  expect(pool.replace([renamed])).toEqual([]);
  expect([pool.size, ended, pool.monitorsOf("p")]).toEqual([1, ["q"], [renamed.id]]);
  await pass(15_000);
  expect(b.starts).toHaveLength(1);
  expect(heard.at(-1)).toBe("renamed");
});

test("the first round is over when each has had its outcome, is held, or is gone", async () => {
  expect(await isOver()).toBe(true);
  const acts: readonly Act[] = [fine, "silent", "silent"];
  const specs = acts.map((act, i) => specOf(new ScriptedProbe(act), `p${i}`, `${i}`));
  run(...specs);
  await pass(1500);
  expect(heard).toEqual(["p0"]);
  expect(await isOver()).toBe(false);
  pool.hold("p1");
  expect(await isOver()).toBe(false);
  pool.replace(specs.slice(0, 2));
  expect(await isOver()).toBe(true);
});

test("all who wait for the first round hear of its end", async () => {
  run(specOf(new ScriptedProbe(fine), "p"));
  const waiting = [pool.firstRound(), pool.firstRound()];
  await pass(1500);
  await Promise.all(waiting);
  expect(heard).toEqual(["p"]);
});

test("who is held is not asked until its release, and then at once", async () => {
  const probe = new ScriptedProbe(fine);
  run(specOf(probe, "p"));
  pool.hold("p");
  pool.hold("gone");
  await pass(30_000);
  expect(probe.starts).toEqual([]);
  pool.release("p");
  pool.release("gone");
  await pass(5);
  expect(probe.starts).toHaveLength(1);
});

test("put back before its last run has cleaned up, it waits for that, however often", async () => {
  const probe = new ScriptedProbe((i) => (i === 0 ? "stuck" : fine));
  run(specOf(probe, "p"));
  await pass(1500);
  pool.replace([]);
  run(specOf(probe, "p"));
  pool.replace([]);
  run(specOf(probe, "p"));
  await pass(graceMs - 1);
  expect(probe.starts).toHaveLength(1);
  await pass(1500);
  expect(probe.starts).toHaveLength(2);
  expect(pool.size).toBe(1);
});

test("stopped, it waits for what still cleans up, of before as well", async () => {
  run(specOf(new ScriptedProbe("stuck"), "p"), specOf(new ScriptedProbe(fine), "q", "2"));
  await pass(1500);
  pool.replace([]);
  expect(ended).toEqual(["p", "q"]);
  let isStopped = false;
  const stopped = pool.stop().then(() => {
    isStopped = true;
  });
  await pass(graceMs - 1);
  expect(isStopped).toBe(false);
  await pass(1);
  await stopped;
});
