import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Verdict } from "../../../checks/check.ts";
import type { MonitorSpec } from "../../../src/health/plan.ts";
import { type Health, step } from "../../../src/health/state.ts";
import { Supervisor } from "../../../src/health/supervisor.ts";
import { endpoint, monitorSpec } from "../../support/builders.ts";
import { type MemoryLog, memoryLog } from "../../support/fakes/memory-log.ts";
import { type Act, fine, outOfDescriptors, refused, ScriptedProbe } from "./scripted.ts";

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

function start(limits = { underWay: 100 }): Supervisor {
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
  health.replace([monitorSpec(new ScriptedProbe(fine).spec("p"))], nobody);
  expect(health.health(web, server)).toEqual({ state: "unknown" });
  const first = health.firstRound();
  await pass(1000);
  await first;
  expect(health.health(web, server)).toEqual({ state: "up", failures: 0 });
  expect(health.monitor(web, server)?.last?.outcome).toMatchObject({ verdict: fine });
  expect(changes).toEqual([web]);
  expect(log.lines).toEqual([]);
});

test("a server found in the table with weight is up at once, and stays so while it answers", async () => {
  health.replace([monitorSpec(new ScriptedProbe(fine).spec("p"))], everybody);
  expect(health.health(web, server)).toEqual({ state: "up", failures: 0 });
  await pass(1000);
  expect(changes).toEqual([]);
});

test("a server that is down when it is first asked is a warning: it has no row whose loss would be one", async () => {
  health.replace([monitorSpec(new ScriptedProbe(refused).spec("p"))], nobody);
  await pass(30_000);
  expect(log.lines).toEqual([
    "Check failed: 10.0.0.3:80 (10.0.0.1:80) refused: connection refused",
    "Down at its first check: 10.0.0.3:80 (10.0.0.1:80)",
  ]);
});

test("what is not watched is unknown", () => {
  expect(health.health(web, server)).toEqual({ state: "unknown" });
  expect(health.maintenance(web, server)).toBeUndefined();
});

test("three failures in a row take a server down, one success brings it back, and the log says so", async () => {
  const results = [fine, refused, fine, refused, refused, refused, refused, fine];
  const probe = new ScriptedProbe((run) => results[run] ?? fine);
  health.replace([monitorSpec(probe.spec("p"), { failureCount: 3 })], nobody);
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
  other.replace([monitorSpec(shared), monitorSpec(shared, { virtual: "10.0.0.2:80" })], nobody);
  await pass(1000);
  expect(told).toEqual([`${web} a whole page main`, `${shop} a whole page main`]);
  expect(JSON.stringify(other.monitor(web, server)?.last)).not.toContain("a whole page");
  await other.stop();
});

test("services that share a probe count its failures each for itself, by its own failurecount", async () => {
  const probe = new ScriptedProbe((run) => (run === 0 ? fine : refused));
  const shared = probe.spec("p");
  health.replace(
    [
      monitorSpec(shared, { failureCount: 3 }),
      monitorSpec(shared, { virtual: "10.0.0.2:80", failureCount: 2 }),
    ],
    nobody,
  );
  await pass(1000);
  await pass(20_000);
  expect(probe.starts).toHaveLength(3);
  expect(health.health(web, server)).toEqual({ state: "up", failures: 2 });
  expect(health.health(shop, server)).toMatchObject({ state: "down" });
  expect(changes).toEqual([web, shop, shop]);
});

test("what needs no probe has its health from the start", () => {
  const sources: MonitorSpec["source"][] = [
    { kind: "fixed", state: "up" },
    { kind: "fixed", state: "down", reason: "no port" },
    { kind: "adopted" },
    { kind: "adopted" },
  ];
  const specs = sources.map((source, i) => monitorSpec(source, { real: `10.0.0.${i}:80` }));
  health.replace(specs, (spec) => (spec.real.address === "10.0.0.3" ? "up" : undefined));
  expect(specs.map((spec) => health.health(web, spec.real).state)).toEqual([
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
  health.replace([monitorSpec(spec)], nobody);
  await pass(61_000);
  expect(negotiate.starts.length + connect.starts.length).toBe(7);
  expect(negotiate.starts.length).toBe(3);
});

test("probes start at a fixed rate, however long an answer takes", async () => {
  const probe = new ScriptedProbe("silent");
  health.replace([monitorSpec(probe.spec("p"))], nobody);
  await pass(100_000);
  const pace = probe.starts.slice(1).map((at, i) => Math.round(at - (probe.starts[i] ?? 0)));
  expect(pace.length).toBeGreaterThan(7);
  expect(new Set(pace.slice(1))).toEqual(new Set([10_000]));
});

test("an answer that takes longer than the interval leaves slots out, and nothing overlaps", async () => {
  const probe = new ScriptedProbe("silent");
  const spec = probe.spec("p", { intervalMs: 1000, main: probe.prepared(2500) });
  health.replace([monitorSpec(spec)], nobody);
  await pass(60_000);
  expect(probe.mostUnderWay).toBe(1);
  expect(probe.starts.length).toBeGreaterThanOrEqual(19);
  expect(health.statistics().skipped).toBeGreaterThanOrEqual(36);
});

test("a dead rack delays nobody else", async () => {
  await health.stop();
  health = start({ underWay: 8 });
  const dead = new ScriptedProbe("silent");
  const alive = new ScriptedProbe(fine);
  const specs = Array.from({ length: 40 }, (_, i) => {
    const target = { address: `10.0.1.${i}`, port: 80 };
    const spec = dead.spec(`dead ${i}`, { target, intervalMs: 1000, main: dead.prepared(30_000) });
    return monitorSpec(spec, { real: `10.0.1.${i}:80` });
  });
  health.replace(specs, nobody);
  // The rack's first round may hold every slot; after it the rack is known to be slow.
  await pass(240_000);
  health.replace([...specs, monitorSpec(alive.spec("alive", { intervalMs: 1000 }))], nobody);
  await pass(60_000);
  expect(alive.starts.length).toBeGreaterThanOrEqual(59);
  const gaps = alive.starts.slice(2).map((at, i) => Math.round(at - (alive.starts[i + 1] ?? 0)));
  expect(Math.max(...gaps)).toBe(1000);
});

// With 64 probes at once to one address, the last of 200 services on a dark host was found after 20 s.
test.each([200])(
  "%i services of one host that goes dark are all found within interval and timeout",
  async (count) => {
    const downAt: number[] = [];
    let darkAt = Number.POSITIVE_INFINITY;
    await health.stop();
    health = new Supervisor({
      log,
      onChange: () => downAt.push(performance.now() - darkAt),
      lag: { lostMs: () => 0 },
    });
    const probe = new ScriptedProbe(() => (darkAt < Number.POSITIVE_INFINITY ? "silent" : fine));
    const specs = Array.from({ length: count }, (_, i) => {
      const target = { address: "10.0.0.3", port: i + 1 };
      const spec = probe.spec(`p${i}`, { target, main: probe.prepared(5000) });
      return monitorSpec(spec, { real: `10.0.0.3:${i + 1}` });
    });
    health.replace(specs, everybody);
    await pass(12_000);
    darkAt = performance.now();
    await pass(60_000);
    expect(downAt).toHaveLength(count);
    expect(Math.max(...downAt)).toBeLessThanOrEqual(15_010);
  },
);

test("servers held up by local trouble do not keep the slots from those that answer", async () => {
  await health.stop();
  let isSilent = false;
  health = new Supervisor({
    log,
    onChange: () => {},
    lag: { lostMs: () => 0 },
    limits: { underWay: 8 },
    ownLink: {
      trouble: (address) =>
        address.startsWith("10.0.9.")
          ? { code: "link-was-down", text: "its card was down" }
          : undefined,
      isOwn: () => false,
    },
  });
  const rack = Array.from({ length: 40 }, (_, i) => {
    const probe = new ScriptedProbe(() => (isSilent ? "silent" : fine));
    const target = { address: `10.0.9.${i}`, port: 80 };
    return monitorSpec(probe.spec(`r${i}`, { target, main: probe.prepared(5000) }), {
      real: `10.0.9.${i}:80`,
    });
  });
  const good = new ScriptedProbe(fine);
  health.replace([...rack, monitorSpec(good.spec("good", { intervalMs: 2000 }))], nobody);
  await pass(20_000);
  isSilent = true;
  await pass(60_000);
  const before = good.starts.length;
  await pass(120_000);
  expect(good.starts.length - before).toBeGreaterThanOrEqual(58);
});

test("a stuck check is run again, logged once and counted", async () => {
  const probe = new ScriptedProbe("stuck");
  health.replace([monitorSpec(probe.spec("p"))], nobody);
  await pass(60_000);
  expect(probe.starts.length).toBeGreaterThan(4);
  expect(health.statistics().abandoned).toBeGreaterThan(4);
  expect(log.all("internal-error")).toHaveLength(1);
  expect(health.statistics().underWay).toBeLessThanOrEqual(1);
  expect(health.health(web, server)).toMatchObject({ state: "down" });
});

test("the same bug in every probe is one entry in the log", async () => {
  const bug = new TypeError("x is undefined");
  const specs = Array.from({ length: 20 }, (_, i) =>
    monitorSpec(new ScriptedProbe(bug).spec(`p${i}`), { real: `10.0.1.${i}:80` }),
  );
  health.replace(specs, nobody);
  await pass(30_000);
  expect(log.all("internal-error")).toHaveLength(1);
});

// A server that caused one, with other words each time, filled the log by 60 KB a check.
test("twenty bugs are logged, and 4 KiB of each", async () => {
  const bug = (run: number): Error => new TypeError(`${run} ${"x".repeat(60_000)}`);
  const specs = Array.from({ length: 20 }, (_, i) =>
    monitorSpec(new ScriptedProbe(bug).spec(`p${i}`), { real: `10.0.1.${i}:80` }),
  );
  health.replace(specs, nobody);
  await pass(300_000);
  const logged = log.all("internal-error");
  expect(logged).toHaveLength(20);
  expect(Math.max(...logged.map(({ stack }) => stack.length))).toBe(4096);
});

test("local trouble blames nobody, is logged once, shown, and is over with the next verdict", async () => {
  const probe = new ScriptedProbe((run) => (run < 3 ? outOfDescriptors() : fine));
  health.replace([monitorSpec(probe.spec("p"))], everybody);
  await pass(21_000);
  expect(health.health(web, server)).toEqual({ state: "up", failures: 0 });
  expect(health.localFaults()).toMatchObject([{ code: "EMFILE", waiting: 1 }]);
  await pass(20_000);
  expect(health.localFaults()).toEqual([]);
  expect(log.events.map((event) => event.name)).toEqual(["local-fault", "local-fault-over"]);
});

test("after stop no probe runs and no verdict comes", async () => {
  const probe = new ScriptedProbe("silent");
  health.replace([monitorSpec(probe.spec("p"))], everybody);
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
  health.replace([monitorSpec(probe.spec("p"))], everybody);
  await pass(1000);
  health.replace([], nobody);
  await pass(60_000);
  expect(probe.starts).toHaveLength(1);
  expect(health.health(web, server)).toEqual({ state: "unknown" });
  expect(changes).toEqual([]);
  expect(log.lines).toEqual([]);
});

test("a reload that lets a second service share a probe gives it the verdicts too", async () => {
  const shared = new ScriptedProbe(fine).spec("p");
  health.replace([monitorSpec(shared)], nobody);
  await pass(1000);
  health.replace([monitorSpec(shared), monitorSpec(shared, { virtual: "10.0.0.2:80" })], nobody);
  expect(health.health(shop, server)).toEqual({ state: "unknown" });
  await pass(15_000);
  expect(health.health(shop, server)).toEqual({ state: "up", failures: 0 });
});

test("a probe taken out and put back in one breath still does not overlap itself", async () => {
  const probe = new ScriptedProbe("stuck");
  const specs = [monitorSpec(probe.spec("p"))];
  health.replace(specs, nobody);
  await pass(1000);
  health.replace([], nobody);
  health.replace(specs, nobody);
  await pass(900);
  expect(probe.starts).toHaveLength(1);
  await pass(1200);
  expect(probe.starts).toHaveLength(2);
});

test.for<[name: string, results: (run: number) => Act, kept: Health["state"]]>([
  ["up stays up, without its failures", (run) => (run === 0 ? fine : refused), "up"],
  ["down stays down", () => refused, "down"],
])("when a reload changes the check, %s", async ([, results, kept]) => {
  const probe = new ScriptedProbe(results);
  health.replace([monitorSpec(probe.spec("old"), { failureCount: 5 })], nobody);
  await pass(31_000);
  health.replace([monitorSpec(probe.spec("new"), { failureCount: 5 })], nobody);
  expect(health.health(web, server)).toMatchObject({ state: kept });
  if (kept === "up") expect(health.health(web, server)).toEqual({ state: "up", failures: 0 });
  expect(changes).toHaveLength(1);
});

test("since when a server counts as it does is told; a reload that leaves that keeps it, and its last word", async () => {
  const since = () => health.monitor(web, server)?.since;
  const began = Date.now();
  const probe = new ScriptedProbe((run) => (run === 0 ? fine : refused));
  health.replace([monitorSpec(probe.spec("p"))], everybody);
  await pass(5000);
  expect(since()).toBe(began);
  const last = health.monitor(web, server)?.last;
  health.replace([monitorSpec(probe.spec("p"))], everybody);
  expect(health.monitor(web, server)).toMatchObject({ since: began, last, lastVerdict: last });
  await pass(20_000);
  const down = health.health(web, server);
  expect(down.state === "down" && down.since).toBe(since());
  expect(since()).toBeGreaterThan(began);
  const reloaded = Date.now();
  health.replace([monitorSpec({ kind: "fixed", state: "up" })], nobody);
  expect(since()).toBe(reloaded);
});

test("what a reload would make of all is shown, and made of nobody", async () => {
  const fixed = monitorSpec({ kind: "fixed", state: "down", reason: "no port" });
  const added = monitorSpec({ kind: "adopted" }, { real: "10.0.0.4:80" });
  health.replace([monitorSpec(new ScriptedProbe(fine).spec("p"))], everybody);
  const outlook = health.outlook([fixed, added], everybody);
  expect(outlook.health(web, server)).toEqual({ state: "down", since: Date.now() });
  expect(outlook.health(web, added.real)).toEqual({ state: "up", failures: 0 });
  expect(outlook.health(shop, server)).toEqual({ state: "unknown" });
  expect(outlook.maintenance(web, server)).toBeUndefined();
  expect(health.health(web, server)).toEqual({ state: "up", failures: 0 });
  expect(health.monitor(web, added.real)).toBeUndefined();
});

test("what was done is counted, and what is going on", async () => {
  await health.stop();
  health = start({ underWay: 2 });
  const acts: readonly Act[] = [fine, refused, outOfDescriptors(), "silent", "silent", "silent"];
  const specs = acts.map((act, i) => {
    const probe = new ScriptedProbe(act);
    return monitorSpec(probe.spec(`p${i}`, { main: probe.prepared(5000), intervalMs: 60_000 }), {
      real: `10.0.0.${i}:80`,
    });
  });
  health.replace([...specs, monitorSpec({ kind: "fixed", state: "up" })], nobody);
  await pass(4000);
  const { verdicts, localFaults, underWay, waiting, probes, held } = health.statistics();
  expect(underWay).toBe(2);
  expect(verdicts + localFaults + underWay + waiting).toBe(6);
  expect(probes).toBe(6);
  expect(held).toBe(localFaults);
  await pass(20_000);
  expect(health.statistics()).toMatchObject({
    probes: 6,
    underWay: 0,
    waiting: 0,
    verdicts: 5,
    localFaults: 1,
    held: 1,
    cutShort: 0,
    abandoned: 0,
    skipped: 0,
  });
  await pass(60_000);
  expect(health.statistics().punctuality.started).toBeGreaterThan(0);
});

test("it measures by itself how late the loop runs, while a probe is under way", async () => {
  await health.stop();
  let paused = 0;
  const clock = () => performance.now() + paused;
  health = new Supervisor({ log, onChange: (id) => changes.push(id), clock });
  health.replace([monitorSpec(new ScriptedProbe("silent").spec("p"))], everybody);
  expect(vi.getTimerCount()).toBeGreaterThan(0);
  await pass(1500);
  paused = 20_000;
  await pass(2500);
  expect(health.statistics().localFaults).toBe(1);
  expect(health.localFaults()).toMatchObject([{ code: "loop-lag" }]);
  expect(health.health(web, server)).toEqual({ state: "up", failures: 0 });
});

test("after stop nothing is taken up any more", async () => {
  await health.stop();
  const probe = new ScriptedProbe(fine);
  health.replace([monitorSpec(probe.spec("p"))], everybody);
  await pass(5000);
  expect(probe.starts).toEqual([]);
  expect(health.monitor(web, server)).toBeUndefined();
});

test("a reload shows the servers in the file's order, and the verdicts of a probe reach all of its services", async () => {
  const told: string[] = [];
  const other = new Supervisor({
    log,
    onChange: (id) => told.push(id),
    lag: { lostMs: () => 0 },
    now: () => 77,
  });
  const spec = new ScriptedProbe(fine).spec("p");
  other.replace([monitorSpec(spec)], nobody);
  other.replace([monitorSpec(spec, { virtual: "10.0.0.2:80" }), monitorSpec(spec)], nobody);
  await pass(1000);
  expect(told).toEqual([shop, web]);
  expect(other.monitor(web, server)).toMatchObject({ since: 77, last: { at: 77 } });
  await other.stop();
});

const act = fc.constantFrom<Act>(fine, refused, "silent", outOfDescriptors());

// Invariant 7. `isLate`: our own loop stands still during that run, which makes a timeout worthless, once in a row.
test("local faults never change what is believed, nor does a single timeout in a stalled loop", async () => {
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
      supervisor.replace([monitorSpec(probe.spec("p"), { failureCount })], nobody);
      await pass(10_000 * (runs.length + 2));

      const timeout: Verdict = { up: false, reason: "timeout", detail: "" };
      let isExcused = false;
      const words = runs.flatMap(({ act, isLate }): Verdict[] => {
        isExcused = act === "silent" && isLate && !isExcused;
        if (act instanceof Error || act === "stuck" || act === "late" || isExcused) return [];
        return [act === "silent" ? timeout : act];
      });
      let expected: Health = { state: "unknown" };
      for (const word of words) expected = step(expected, word, failureCount, 0);
      const believed = supervisor.health(web, server);
      expect(believed.state).toBe(expected.state);
      if (believed.state === "up") expect(believed).toEqual(expected);
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
          monitorSpec(probe.spec("p"), { failureCount: 3 }),
          monitorSpec(probe.spec("p"), { failureCount: 2, virtual: "10.0.0.2:80" }),
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
          web: supervisor.health(web, server).state,
          shop: supervisor.health(shop, server).state,
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
      const supervisor = start({ underWay: 2 });
      const probes = [0, 1, 2].map(
        (i) => new ScriptedProbe((run) => acts[(run + i) % acts.length] ?? fine),
      );
      for (const { waitMs, wanted } of edits) {
        const specs = wanted.map((i) => {
          const probe = probes[i] ?? new ScriptedProbe(fine);
          const spec = probe.spec(`p${i}`, { intervalMs: 1000 });
          return monitorSpec(spec, { real: `10.0.0.${i}:80` });
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

test("who serves nobody until it is asked is asked before those that the table has in use", async () => {
  const probes = Array.from({ length: 20 }, (_, i) => ({
    probe: new ScriptedProbe(fine),
    real: `10.0.1.${i}:80`,
    isInUse: i % 2 === 0,
  }));
  const inUse = new Set(probes.filter(({ isInUse }) => isInUse).map(({ real }) => real));
  health.replace(
    probes.map(({ probe, real }) => monitorSpec(probe.spec(real), { real })),
    ({ real }) => (inUse.has(`${real.address}:80`) ? "up" : undefined),
  );
  await pass(1_500);
  const startsOf = (isFirst: boolean) =>
    probes.filter((each) => each.isInUse !== isFirst).flatMap(({ probe }) => probe.starts);
  expect([startsOf(true).length, startsOf(false).length]).toEqual([10, 10]);
  expect(Math.max(...startsOf(true))).toBeLessThanOrEqual(Math.min(...startsOf(false)));
});

test("what is heard, or held, while a replacement is made ready counts in it", async () => {
  const held = new Set<string>();
  const heard = new ScriptedProbe((run) => (run === 0 ? fine : refused));
  const specs = () => [
    monitorSpec(heard.spec("p", { intervalMs: 1000 })),
    monitorSpec(new ScriptedProbe(fine).spec("q", { intervalMs: 1000 }), { real: "10.0.0.4:80" }),
  ];
  health.follow({
    hold: (_, { address }) => (held.has(address) ? "an order" : undefined),
    steering: nobody,
  });
  health.replace(specs(), nobody);
  await pass(1_000);
  expect(health.health(web, server)).toMatchObject({ state: "up" });
  const steps = health.replacing(specs(), nobody);
  let step = steps.next();
  // All of it is made: what comes now is not in it.
  while (step.done !== true) step = steps.next();
  held.add("10.0.0.4");
  health.follow({
    hold: (_, { address }) => (held.has(address) ? "an order" : undefined),
    steering: nobody,
  });
  await pass(2_000);
  expect(health.health(web, server)).toMatchObject({ state: "down" });
  step.value();
  expect(health.health(web, server)).toMatchObject({ state: "down" });
  expect(health.maintenance(web, endpoint("10.0.0.4:80"))).toBe("an order");
});

test("until it is done, a replacement that was made ready changes nothing", async () => {
  const before = new ScriptedProbe(fine);
  const next = new ScriptedProbe(fine);
  health.replace([monitorSpec(before.spec("p"))], nobody);
  const steps = health.replacing([monitorSpec(next.spec("q"), { real: "10.0.0.4:80" })], nobody);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  await pass(30_000);
  expect(next.starts).toEqual([]);
  expect(health.monitor(web, endpoint("10.0.0.4:80"))).toBeUndefined();
  expect(health.health(web, server)).toMatchObject({ state: "up" });
  step.value();
  await pass(1_000);
  expect(next.starts).toHaveLength(1);
  expect(health.monitor(web, server)).toBeUndefined();
});
