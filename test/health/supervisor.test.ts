import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Verdict } from "../../checks/check.ts";
import type { MonitorSpec } from "../../src/health/plan.ts";
import { type Health, step } from "../../src/health/state.ts";
import { Supervisor } from "../../src/health/supervisor.ts";
import { type MemoryLog, memoryLog } from "../fakes/memory-log.ts";
import {
  type Act,
  endpoint,
  fine,
  monitorOf,
  outOfDescriptors,
  refused,
  ScriptedProbe,
} from "./scripted.ts";

let log: MemoryLog;
let changes: string[];
let lost: number;
let health: Supervisor;

const nobody = () => undefined;
const everybody = () => "up" as const;
const web = "tcp:10.0.0.1:80";
const shop = "tcp:10.0.0.2:80";
const server = endpoint("10.0.0.3:80");
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

function start(limits = { underWay: 100, perTarget: 64 }): Supervisor {
  log = memoryLog();
  changes = [];
  lost = 0;
  return new Supervisor({
    log,
    onChange: (serviceId) => changes.push(serviceId),
    lag: { lostMs: () => lost },
    limits,
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  health = start();
});
afterEach(async () => {
  const stopped = health.stop();
  await pass(2000);
  await stopped;
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test("a server that nobody knows is unknown until its first answer, then up", async () => {
  health.replace([monitorOf(new ScriptedProbe(fine).spec("p"))], nobody);
  expect(health.health(web, server)).toEqual({ phase: "unknown" });
  const first = health.firstRound();
  await pass(1000);
  await first;
  expect(health.health(web, server)).toEqual({ phase: "up", failures: 0 });
  expect(health.last(web, server)?.outcome).toMatchObject({ verdict: fine });
  expect(changes).toEqual([web]);
  expect(log.lines).toEqual([]);
});

test("a server found in the table with weight is up at once, and stays so while it answers", async () => {
  health.replace([monitorOf(new ScriptedProbe(fine).spec("p"))], everybody);
  expect(health.health(web, server)).toEqual({ phase: "up", failures: 0 });
  await pass(1000);
  expect(changes).toEqual([]);
});

test("what is not watched is unknown", () => {
  expect(health.health(web, server)).toEqual({ phase: "unknown" });
  expect(health.maintenance(web, server)).toBeUndefined();
});

test("three failures in a row take a server down, one success brings it back, and the log says so", async () => {
  const results = [fine, refused, fine, refused, refused, refused, refused, fine];
  const probe = new ScriptedProbe((run) => results[run] ?? fine);
  health.replace([monitorOf(probe.spec("p"), { failureCount: 3 })], nobody);
  await pass(90_000);
  expect(log.lines).toEqual([
    "Soft failure real server: 10.0.0.3:80 (tcp:10.0.0.1:80) failure 1/3",
    "Resetting soft failure count: 10.0.0.3:80 (tcp:10.0.0.1:80)",
    "Soft failure real server: 10.0.0.3:80 (tcp:10.0.0.1:80) failure 1/3",
    "Soft failure real server: 10.0.0.3:80 (tcp:10.0.0.1:80) failure 2/3",
    "Check failed: 10.0.0.3:80 (10.0.0.1:80) refused: connection refused",
    "Resetting soft failure count: 10.0.0.3:80 (tcp:10.0.0.1:80)",
  ]);
  expect(changes).toEqual([web, web, web]);
});

// The original counts once per sharing service, so that failurecount=3 meant two failures (defect K8).
test("each verdict is told once for each service, and what is only for a monitorfile is not kept", async () => {
  const told: string[] = [];
  const said = { ...refused, monitored: "a whole page" };
  const other = new Supervisor({
    log,
    onChange: () => {},
    onVerdict: ({ serviceId }, { monitored }, asked) =>
      told.push(`${serviceId} ${monitored} ${asked}`),
  });
  const shared = new ScriptedProbe(said).spec("p");
  other.replace([monitorOf(shared), monitorOf(shared, { virtual: "10.0.0.2:80" })], nobody);
  await pass(1000);
  expect(told).toEqual([`${web} a whole page main`, `${shop} a whole page main`]);
  expect(JSON.stringify(other.last(web, server))).not.toContain("a whole page");
  await other.stop();
});

test("services that share a probe count its failures each for itself, by its own failurecount", async () => {
  const probe = new ScriptedProbe((run) => (run === 0 ? fine : refused));
  const shared = probe.spec("p");
  health.replace(
    [
      monitorOf(shared, { failureCount: 3 }),
      monitorOf(shared, { virtual: "10.0.0.2:80", failureCount: 2 }),
    ],
    nobody,
  );
  await pass(1000);
  await pass(20_000);
  expect(probe.starts).toHaveLength(3);
  expect(health.health(web, server)).toEqual({ phase: "up", failures: 2 });
  expect(health.health(shop, server)).toMatchObject({ phase: "down" });
  expect(changes).toEqual([web, shop, shop]);
});

test("what needs no probe has its health from the start", () => {
  const sources: MonitorSpec["source"][] = [
    { kind: "fixed", phase: "up" },
    { kind: "fixed", phase: "down", reason: "no port" },
    { kind: "adopted" },
    { kind: "adopted" },
  ];
  const specs = sources.map((source, i) => monitorOf(source, { real: `10.0.0.${i}:80` }));
  health.replace(specs, (spec) => (spec.real.address === "10.0.0.3" ? "up" : undefined));
  expect(specs.map((spec) => health.health(web, spec.real).phase)).toEqual([
    "up",
    "down",
    "down",
    "up",
  ]);
});

test("checktype=N connects between two negotiates", async () => {
  const negotiate = new ScriptedProbe(fine);
  const connect = new ScriptedProbe(fine);
  const spec = negotiate.spec("p", { between: { prepared: connect.prepared(), turns: 2 } });
  health.replace([monitorOf(spec)], nobody);
  await pass(61_000);
  expect(negotiate.starts.length + connect.starts.length).toBe(7);
  expect(negotiate.starts.length).toBe(3);
});

test("probes start at a fixed rate, however long an answer takes", async () => {
  const probe = new ScriptedProbe("silent");
  health.replace([monitorOf(probe.spec("p"))], nobody);
  await pass(100_000);
  const pace = probe.starts.slice(1).map((at, i) => Math.round(at - (probe.starts[i] ?? 0)));
  expect(pace.length).toBeGreaterThan(7);
  expect(new Set(pace.slice(1))).toEqual(new Set([10_000]));
});

test("an answer that takes longer than the interval leaves slots out, and nothing overlaps", async () => {
  const probe = new ScriptedProbe("silent");
  const spec = probe.spec("p", { intervalMs: 1000, main: probe.prepared(2500) });
  health.replace([monitorOf(spec)], nobody);
  await pass(60_000);
  expect(probe.mostUnderWay).toBe(1);
  expect(probe.starts.length).toBeGreaterThanOrEqual(19);
  expect(health.statistics().skipped).toBeGreaterThanOrEqual(36);
});

test("a dead rack delays nobody else", async () => {
  await health.stop();
  health = start({ underWay: 8, perTarget: 4 });
  const dead = new ScriptedProbe("silent");
  const alive = new ScriptedProbe(fine);
  const specs = Array.from({ length: 40 }, (_, i) => {
    const target = { address: `10.0.1.${i}`, port: 80 };
    const spec = dead.spec(`dead ${i}`, { target, intervalMs: 1000, main: dead.prepared(30_000) });
    return monitorOf(spec, { real: `10.0.1.${i}:80` });
  });
  health.replace(specs, nobody);
  // The rack's first round may hold every slot; after it the rack is known to be slow.
  await pass(240_000);
  health.replace([...specs, monitorOf(alive.spec("alive", { intervalMs: 1000 }))], nobody);
  await pass(60_000);
  expect(alive.starts.length).toBeGreaterThanOrEqual(59);
  const gaps = alive.starts.slice(2).map((at, i) => Math.round(at - (alive.starts[i + 1] ?? 0)));
  expect(Math.max(...gaps)).toBe(1000);
});

test("a stuck check is run again, logged once and counted", async () => {
  const probe = new ScriptedProbe("stuck");
  health.replace([monitorOf(probe.spec("p"))], nobody);
  await pass(60_000);
  expect(probe.starts.length).toBeGreaterThan(4);
  expect(health.statistics().abandoned).toBeGreaterThan(4);
  expect(log.all("internal-error")).toHaveLength(1);
  expect(health.statistics().underWay).toBeLessThanOrEqual(1);
  expect(health.health(web, server)).toMatchObject({ phase: "down" });
});

test("the same bug in every probe is one entry in the log", async () => {
  const bug = new TypeError("x is undefined");
  const specs = Array.from({ length: 20 }, (_, i) =>
    monitorOf(new ScriptedProbe(bug).spec(`p${i}`), { real: `10.0.1.${i}:80` }),
  );
  health.replace(specs, nobody);
  await pass(30_000);
  expect(log.all("internal-error")).toHaveLength(1);
});

test("local trouble blames nobody, is logged once, shown, and is over with the next verdict", async () => {
  const probe = new ScriptedProbe((run) => (run < 3 ? outOfDescriptors() : fine));
  health.replace([monitorOf(probe.spec("p"))], everybody);
  await pass(21_000);
  expect(health.health(web, server)).toEqual({ phase: "up", failures: 0 });
  expect(health.localFaults()).toMatchObject([{ code: "EMFILE", waiting: 1 }]);
  await pass(20_000);
  expect(health.localFaults()).toEqual([]);
  expect(log.events.map((event) => event.name)).toEqual(["local-fault", "local-fault-over"]);
});

test("after stop no probe runs and no verdict comes", async () => {
  const probe = new ScriptedProbe("silent");
  health.replace([monitorOf(probe.spec("p"))], everybody);
  await pass(1000);
  const runs = probe.starts.length;
  await health.stop();
  await pass(60_000);
  expect(probe.starts).toHaveLength(runs);
  expect(probe.underWay).toBe(0);
  expect(changes).toEqual([]);
  expect(health.statistics().cutShort).toBe(1);
});

test("a server taken out of the file is forgotten; its probe is cut short and says nothing", async () => {
  const probe = new ScriptedProbe("silent");
  health.replace([monitorOf(probe.spec("p"))], everybody);
  await pass(1000);
  health.replace([], nobody);
  await pass(60_000);
  expect(probe.starts).toHaveLength(1);
  expect(health.health(web, server)).toEqual({ phase: "unknown" });
  expect(changes).toEqual([]);
  expect(log.lines).toEqual([]);
});

test("a reload that lets a second service share a probe gives it the verdicts too", async () => {
  const shared = new ScriptedProbe(fine).spec("p");
  health.replace([monitorOf(shared)], nobody);
  await pass(1000);
  health.replace([monitorOf(shared), monitorOf(shared, { virtual: "10.0.0.2:80" })], nobody);
  expect(health.health(shop, server)).toEqual({ phase: "unknown" });
  await pass(15_000);
  expect(health.health(shop, server)).toEqual({ phase: "up", failures: 0 });
});

test("a probe taken out and put back in one breath still does not overlap itself", async () => {
  const probe = new ScriptedProbe("stuck");
  const specs = [monitorOf(probe.spec("p"))];
  health.replace(specs, nobody);
  await pass(1000);
  health.replace([], nobody);
  health.replace(specs, nobody);
  await pass(900);
  expect(probe.starts).toHaveLength(1);
  await pass(1200);
  expect(probe.starts).toHaveLength(2);
});

test.for<[name: string, results: (run: number) => Act, kept: Health["phase"]]>([
  ["up stays up, without its failures", (run) => (run === 0 ? fine : refused), "up"],
  ["down stays down", () => refused, "down"],
])("when a reload changes the check, %s", async ([, results, kept]) => {
  const probe = new ScriptedProbe(results);
  health.replace([monitorOf(probe.spec("old"), { failureCount: 5 })], nobody);
  await pass(31_000);
  health.replace([monitorOf(probe.spec("new"), { failureCount: 5 })], nobody);
  expect(health.health(web, server)).toMatchObject({ phase: kept });
  if (kept === "up") expect(health.health(web, server)).toEqual({ phase: "up", failures: 0 });
  expect(changes).toHaveLength(1);
});

const act = fc.constantFrom<Act>(fine, refused, "silent", outOfDescriptors());

// Invariant 7. `late`: our own loop stands still during that run, which makes a timeout worthless.
test("local faults and timeouts in a stalled loop never change what is believed", async () => {
  const run = fc.record({ act, isLate: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(run, { maxLength: 12 }), fc.nat(3), async (runs, extra) => {
      const failureCount = extra + 1;
      const supervisor = start();
      const probe = new ScriptedProbe((i) => {
        if (runs[i]?.isLate) lost += 10_000;
        return runs[i]?.act ?? outOfDescriptors();
      });
      // The lag is read before the probe runs and again at its timeout.
      supervisor.replace([monitorOf(probe.spec("p"), { failureCount })], nobody);
      await pass(10_000 * (runs.length + 2));

      const timeout: Verdict = { up: false, reason: "timeout", detail: "" };
      const words = runs.flatMap(({ act, isLate }): Verdict[] => {
        if (act instanceof Error || act === "stuck" || act === "late") return [];
        if (act === "silent") return isLate ? [] : [timeout];
        return [act];
      });
      let expected: Health = { phase: "unknown" };
      for (const word of words) expected = step(expected, word, failureCount, 0);
      const believed = supervisor.health(web, server);
      expect(believed.phase).toBe(expected.phase);
      if (believed.phase === "up") expect(believed).toEqual(expected);
      await supervisor.stop();
    }),
    { numRuns: 50 },
  );
});

// Invariant 2, the half of the health side.
test("a reload that changes nothing changes nothing: no run is lost, added or moved, no count forgotten", async () => {
  const reloads = fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 6 }), reloads, async (acts, gaps) => {
      const live = async (isReloaded: boolean) => {
        const epoch = performance.now();
        // A whole number of intervals, so that both lives meet the same slots.
        await pass(60_000 - (epoch % 60_000));
        const begin = performance.now();
        const supervisor = start();
        const probe = new ScriptedProbe((i) => acts[i % acts.length] ?? fine);
        const specs = () => [
          monitorOf(probe.spec("p"), { failureCount: 3 }),
          monitorOf(probe.spec("p"), { failureCount: 2, virtual: "10.0.0.2:80" }),
        ];
        supervisor.replace(specs(), nobody);
        for (const gap of gaps) {
          await pass(gap);
          if (isReloaded) supervisor.replace(specs(), everybody);
        }
        await pass(45_000);
        const seen = {
          starts: probe.starts.map((at) => at - begin),
          lines: log.lines,
          changes,
          web: supervisor.health(web, server).phase,
          shop: supervisor.health(shop, server).phase,
          cutShort: supervisor.statistics().cutShort,
        };
        await supervisor.stop();
        return seen;
      };
      expect(await live(true)).toEqual(await live(false));
    }),
    { numRuns: 30 },
  );
});

test("whatever answers come and however often the file is changed, no probe overlaps itself", async () => {
  const edit = fc.record({
    waitMs: fc.integer({ min: 0, max: 5000 }),
    wanted: fc.subarray([0, 1, 2]),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 1 }), fc.array(edit), async (acts, edits) => {
      const supervisor = start({ underWay: 2, perTarget: 1 });
      const probes = [0, 1, 2].map(
        (i) => new ScriptedProbe((run) => acts[(run + i) % acts.length] ?? fine),
      );
      for (const { waitMs, wanted } of edits) {
        const specs = wanted.map((i) => {
          const probe = probes[i] ?? new ScriptedProbe(fine);
          const spec = probe.spec(`p${i}`, { intervalMs: 1000 });
          return monitorOf(spec, { real: `10.0.0.${i}:80` });
        });
        supervisor.replace(specs, nobody);
        await pass(waitMs);
      }
      for (const probe of probes) expect(probe.mostUnderWay).toBeLessThanOrEqual(1);
      await supervisor.stop();
      for (const probe of probes) expect(probe.underWay).toBe(0);
    }),
    { numRuns: 40 },
  );
});
