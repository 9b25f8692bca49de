import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Excuses } from "../../../../src/health/blame/excuses.ts";
import type { LocalLink, WayTrouble } from "../../../../src/health/blame/local-link.ts";
import { Supervisor } from "../../../../src/health/supervisor.ts";
import { endpoint, monitorSpec } from "../../../support/builders.ts";
import { type MemoryLog, memoryLog } from "../../../support/fakes/memory-log.ts";
import { type Act, fine, outOfDescriptors, refused, ScriptedProbe } from "../scripted.ts";

const web = "tcp:10.0.0.1:80";
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const linkDown: WayTrouble = { code: "link-down", text: "our own link eth1 is down" };
/** Every probe: interval 10 s, timeout 3 s. */
const roundMs = 13_000;

let log: MemoryLog;
let health: Supervisor;
/** By address. */
let trouble: Map<string, WayTrouble>;
let own: Set<string>;
/** What each server does, from now on. */
let acts: Map<string, Act>;

beforeEach(() => {
  vi.useFakeTimers();
  log = memoryLog();
  trouble = new Map();
  own = new Set();
  acts = new Map();
  const ownLink: LocalLink = {
    trouble: (address) => trouble.get(address),
    isOwn: (address) => own.has(address),
  };
  health = new Supervisor({ log, onChange: () => {}, lag: { lostMs: () => 0 }, ownLink });
});
afterEach(async () => {
  const stopped = health.stop();
  await pass(2000);
  await stopped;
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** All up, and asked once. */
async function watch(addresses: readonly string[], failureCount = 1): Promise<void> {
  const specs = addresses.map((address) => {
    const probe = new ScriptedProbe(() => acts.get(address) ?? fine);
    const spec = probe.spec(address, { target: { address, port: 80 } });
    return monitorSpec(spec, { real: `${address}:80`, failureCount });
  });
  health.replace(specs, () => "up");
  await pass(10_000);
}
const stateOf = (address: string) => health.health(web, endpoint(`${address}:80`)).state;
function cut(...addresses: readonly string[]): void {
  for (const address of addresses) {
    acts.set(address, "silent");
    trouble.set(address, linkDown);
  }
}

test("one of two links is down: who is behind it is out after the usual count, told as our trouble", async () => {
  await watch(["10.0.0.3", "10.0.1.3"], 2);
  cut("10.0.0.3");
  await pass(roundMs + 10_000);
  expect(stateOf("10.0.0.3")).toBe("down");
  expect(stateOf("10.0.1.3")).toBe("up");
  expect(log.all("real-failed")).toMatchObject([
    { real: "10.0.0.3:80", reason: "unreachable", detail: expect.stringContaining("eth1") },
  ]);
  expect(log.all("local-fault")).toHaveLength(1);
  acts.clear();
  trouble.clear();
  await pass(10_000);
  expect(stateOf("10.0.0.3")).toBe("up");
  expect(log.all("local-fault-over")).toEqual([{ fault: "link-down", lost: 0 }]);
});

test("all links are down: nobody is out for a round, all are after two, all come back", async () => {
  const all = ["10.0.0.3", "10.0.0.4", "10.0.1.3"];
  await watch(all);
  cut(...all);
  const states = () => all.map(stateOf);
  await pass(roundMs);
  expect(states()).toEqual(["up", "up", "up"]);
  expect(health.statistics().held).toBe(3);
  await pass(roundMs + 10_000);
  expect(states()).toEqual(["down", "down", "down"]);
  expect(health.statistics().held).toBe(0);
  acts.clear();
  trouble.clear();
  await pass(10_000);
  expect(states()).toEqual(["up", "up", "up"]);
});

test("an answer that never left the machine shows nothing of the network", async () => {
  own.add("10.0.0.100");
  await watch(["10.0.0.3", "10.0.0.100"]);
  cut("10.0.0.3");
  await pass(roundMs);
  expect(stateOf("10.0.0.3")).toBe("up");
});

test("nor does silence, a router's word, or an answer over a way that is itself in trouble", async () => {
  acts.set("10.0.1.3", { up: false, reason: "unreachable", detail: "says a router" });
  await watch(["10.0.0.3", "10.0.0.4", "10.0.1.3"]);
  cut("10.0.0.3", "10.0.0.4");
  acts.set("10.0.0.4", fine);
  await pass(roundMs);
  expect(stateOf("10.0.0.3")).toBe("up");
});

test("a bad answer is an answer: who refuses can be reached", async () => {
  acts.set("10.0.1.3", refused);
  await watch(["10.0.0.3", "10.0.1.3"]);
  cut("10.0.0.3");
  await pass(roundMs);
  expect(stateOf("10.0.0.3")).toBe("down");
});

test("out of descriptors for an hour nobody is out, and each minute it is told", async () => {
  await watch(["10.0.0.3", "10.0.0.4"]);
  for (const address of ["10.0.0.3", "10.0.0.4"]) acts.set(address, outOfDescriptors());
  await pass(3_610_000);
  expect(stateOf("10.0.0.3")).toBe("up");
  expect(log.all("local-fault-lasts").length).toBeGreaterThanOrEqual(59);
  expect(log.all("local-fault-lasts")[4]).toMatchObject({ minutes: 5, waiting: 2 });
});

test("who alone is never asked, for ever short of what others get, has no excuse for ever", async () => {
  await watch(["10.0.0.3", "10.0.0.4"]);
  acts.set("10.0.0.3", outOfDescriptors());
  await pass(60_000);
  expect(stateOf("10.0.0.3")).toBe("up");
  await pass(roundMs + 20_000);
  expect(stateOf("10.0.0.3")).toBe("down");
});

test("a server that goes into maintenance waits for nothing any more", async () => {
  let files: readonly string[] = [];
  const ending = health.stop();
  await pass(2000);
  await ending;
  const readDirectory = async () => files;
  health = new Supervisor({ log, onChange: () => {}, lag: { lostMs: () => 0 }, readDirectory });
  const probe = new ScriptedProbe(outOfDescriptors()).spec("p");
  health.replace([monitorSpec(probe)], () => "up", "/maintenance");
  await pass(10_000);
  expect(health.localFaults()).toHaveLength(1);
  files = ["10.0.0.3"];
  await pass(2000);
  expect(health.localFaults()).toEqual([]);
});

test("what is held is held for a round since its first run began", () => {
  let nowMs = 50_000;
  const excuses = new Excuses({
    log,
    ownLink: undefined,
    now: () => 7,
    clock: () => nowMs,
  });
  const spec = new ScriptedProbe(fine).spec("p");
  const failure = { kind: "local-fault", code: "link-down", detail: "eth1" } as const;
  const outcome = { ...failure, durationMs: 3000 };
  expect(excuses.judge(spec, outcome)).toBe(outcome);
  expect(excuses.current()).toMatchObject([{ code: "link-down", since: 7, lost: 1, waiting: 1 }]);
  nowMs = 46_999 + roundMs;
  expect(excuses.judge(spec, outcome)).toBe(outcome);
  nowMs = 47_000 + roundMs;
  expect(excuses.judge(spec, outcome)).toMatchObject({ verdict: { reason: "unreachable" } });
  expect(excuses.current()).toMatchObject([{ lost: 2, waiting: 0 }]);

  excuses.forget("p");
  expect(excuses.current()).toEqual([]);
  expect(excuses.judge(spec, failure)).toBe(failure);
  nowMs += roundMs - 1;
  expect(excuses.judge(spec, failure)).toBe(failure);
  excuses.forget("p");
  expect(vi.getTimerCount()).toBe(0);
});

test("a run that was cut short ends no trouble", () => {
  const excuses = new Excuses({ log, ownLink: undefined, now: () => 0, clock: () => 0 });
  const spec = new ScriptedProbe(fine).spec("p");
  excuses.judge(spec, { kind: "local-fault", code: "EMFILE", detail: "" });
  const cutShort = { kind: "cut-short" } as const;
  expect(excuses.judge(spec, cutShort)).toBe(cutShort);
  expect(excuses.current()).toHaveLength(1);
  excuses.forget("p");
});
