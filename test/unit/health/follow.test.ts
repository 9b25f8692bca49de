import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Supervisor } from "../../../src/health/supervisor.ts";
import { OrderBook } from "../../../src/orders/book.ts";
import { endpoint, monitorSpec } from "../../support/builders.ts";
import { type MemoryLog, memoryLog } from "../../support/fakes/memory-log.ts";
import { drain, maintenance, weight } from "../orders/orders.ts";
import { fine, ScriptedProbe } from "./scripted.ts";

const web = "tcp:10.0.0.1:80";
const server = endpoint("10.0.0.3:80");
const held = "ldirectorctl by root";
const none = new OrderBook();

let log: MemoryLog;
let changes: string[];
let files: readonly string[];
let health: Supervisor;
let probe: ScriptedProbe;
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(async () => {
  vi.useFakeTimers();
  log = memoryLog();
  [changes, files] = [[], []];
  health = new Supervisor({
    log,
    onChange: (id) => changes.push(id),
    lag: { lostMs: () => 0 },
    limits: { underWay: 100 },
    readDirectory: async () => files,
  });
  probe = new ScriptedProbe(fine);
  health.replace([monitorSpec(probe.spec("p"))], () => undefined, "/etc/ha.d/out");
  await pass(1_000);
  changes = [];
});
afterEach(async () => {
  const stopped = health.stop();
  await pass(2_000);
  await stopped;
  vi.useRealTimers();
});

const what = () => health.monitor(web, server)?.held;

test("a maintenance by order holds a server out, unchecked, and tells who follows", async () => {
  health.follow(none.with(maintenance("10.0.0.3")));
  expect(what()).toEqual({ by: "order", name: held });
  expect(health.maintenance(web, server)).toBe(held);
  expect(changes).toEqual([web]);
  const asked = probe.starts.length;
  await pass(60_000);
  expect(probe.starts).toHaveLength(asked);
});

test("taken back, it is asked at once, and comes in with its first good check", async () => {
  health.follow(none.with(maintenance("10.0.0.3")));
  await pass(60_000);
  changes = [];
  health.follow(none);
  expect(what()).toBeUndefined();
  expect(health.health(web, server)).toEqual({ state: "unknown" });
  await pass(1_000);
  expect(health.health(web, server)).toEqual({ state: "up", failures: 0 });
  expect(changes).toEqual([web, web]);
});

test("it holds a server that a reload names for the first time", async () => {
  health.follow(none.with(maintenance("10.0.0.4")));
  const other = new ScriptedProbe(fine);
  const spec = monitorSpec(other.spec("q"), { real: "10.0.0.4:80" });
  health.replace([spec], () => undefined, "/etc/ha.d/out");
  await pass(60_000);
  expect(health.maintenance(web, endpoint("10.0.0.4:80"))).toBe(held);
  expect(other.starts).toEqual([]);
});

test("a file comes before an order: what is shown is the file, and it holds as long as either is there", async () => {
  health.follow(none.with(maintenance("10.0.0.3")));
  files = ["10.0.0.3"];
  await pass(60_000);
  expect(what()).toEqual({ by: "file", name: "10.0.0.3" });
  // Nobody sees more of that: it is out, as it was.
  expect(changes).toEqual([web]);
  health.follow(none);
  expect(what()).toEqual({ by: "file", name: "10.0.0.3" });
  health.follow(none.with(maintenance("10.0.0.3")));
  files = [];
  await pass(60_000);
  expect(what()).toEqual({ by: "order", name: held });
  expect(changes).toEqual([web]);
  expect(log.all("maintenance-entered")).toHaveLength(1);
  expect(log.all("maintenance-left")).toEqual([]);
});

test.for([drain("10.0.0.3"), weight("10.0.0.3", 5)])(
  "an order of kind $kind steers, and does not hold: the checks go on",
  async (order) => {
    health.follow(none.with(order));
    expect(what()).toBeUndefined();
    expect(health.steering(web, server)?.kind).toBe(order.kind);
    const asked = probe.starts.length;
    await pass(30_000);
    expect(probe.starts.length).toBeGreaterThan(asked);
  },
);
