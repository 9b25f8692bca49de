import { request } from "undici";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { MonitorSpec } from "../../../src/health/plan.ts";
import type { MetricsSettings } from "../../../src/ini/metrics-keys.ts";
import { createMetrics, type Metrics } from "../../../src/metrics/metrics.ts";
import type { ServiceKey } from "../../../src/model/virtual-service.ts";
import { ControlledDaemon, virtualText } from "../../support/controlled-daemon.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";

let it: ControlledDaemon;
let log = memoryLog();
let metrics: Metrics;
let isThere = true;

const body =
  "real=127.0.0.2:80 masq 5\nreal=127.0.0.3:80 masq 6\nchecktype=on\nfallback=127.0.0.9:80";

beforeEach(async () => {
  it = await ControlledDaemon.start(virtualText(80, body));
  log = memoryLog();
  isThere = true;
  metrics = createMetrics({
    ...{ log, version: "1.2.3" },
    daemon: () => (isThere ? it.daemon : undefined),
  });
});
afterEach(async () => {
  await metrics.close();
  await it[Symbol.asyncDispose]();
});

const on: MetricsSettings = { listen: "127.0.0.1:0" };
const virtual: ServiceKey = {
  kind: "address",
  protocol: "tcp",
  endpoint: { address: "127.0.0.1", port: 80 },
};
const service = 'service="tcp:127.0.0.1:80"';
const real = (address: string) => ({ address, port: 80 });

async function ask(path = "/metrics"): Promise<{ status: number; lines: readonly string[] }> {
  const { statusCode, body } = await request(`http://${metrics.address()}${path}`, { reset: true });
  return { status: statusCode, lines: (await body.text()).split("\n") };
}

/** The samples whose name begins so. @param settings others than before: what is shown is made anew */
async function samples(begin: string, settings: MetricsSettings = on): Promise<readonly string[]> {
  await metrics.follow(settings);
  const { lines } = await ask();
  return lines.filter((line) => line.startsWith(begin));
}

const failed = (address: string) =>
  metrics.log.event("real-failed", {
    real: real(address),
    virtual,
    check: "",
    reason: "refused",
    detail: "",
    durationMs: 1,
  });

test("a service and its real servers are shown as they are", async () => {
  expect(await samples("ldirectord_service_servers{")).toContain(
    `ldirectord_service_servers{${service},state="up"} 2`,
  );
  expect(await samples("ldirectord_server_weight")).toEqual([
    `ldirectord_server_weight{${service},server="127.0.0.2:80"} 5`,
    `ldirectord_server_weight{${service},server="127.0.0.3:80"} 6`,
  ]);
  expect(await samples("ldirectord_service_usable")).toEqual([
    `ldirectord_service_usable{${service}} 1`,
  ]);
  it.ipvs.open.set("127.0.0.3:80", 17);
  expect(await samples("ldirectord_row_connections{")).toContain(
    `ldirectord_row_connections{${service},row="127.0.0.3:80",state="active"} 17`,
  );
  expect(await samples("ldirectord_build_info")).toEqual([
    `ldirectord_build_info{version="1.2.3",node="${process.versions.node}"} 1`,
  ]);
});

test("an order shows: weight 0, drained, and that it holds", async () => {
  expect((await it.ctl(["drain", "127.0.0.2:80", "--deadline", "1h"])).code).toBe(0);
  await expect.poll(() => it.rows()).toContain("127.0.0.2:80 0");
  expect(await samples("ldirectord_server_weight")).toContain(
    `ldirectord_server_weight{${service},server="127.0.0.2:80"} 0`,
  );
  expect(await samples("ldirectord_orders")).toContain('ldirectord_orders{kind="drain"} 1');
  expect(await samples("ldirectord_service_servers{")).toContain(
    `ldirectord_service_servers{${service},state="drained"} 1`,
  );
});

test("what is logged is counted from the moment on that they are wanted, whatever the log's level", async () => {
  metrics.log.event("service-down", { virtual });
  await metrics.count(on);
  metrics.log.event("service-down", { virtual });
  metrics.log.event("service-up", { virtual });
  metrics.log.event("soft-failure", { real: real("127.0.0.2"), virtual, failures: 1, limit: 2 });
  failed("127.0.0.2");
  failed("127.0.0.2");
  failed("127.0.0.3");
  expect(await samples("ldirectord_service_transitions_total")).toEqual([
    `ldirectord_service_transitions_total{${service},to="down"} 1`,
    `ldirectord_service_transitions_total{${service},to="up"} 1`,
  ]);
  expect(await samples("ldirectord_service_soft_failures_total")).toEqual([
    `ldirectord_service_soft_failures_total{${service}} 1`,
  ]);
  expect(await samples("ldirectord_server_failures_total")).toEqual([
    `ldirectord_server_failures_total{${service},server="127.0.0.2:80"} 2`,
    `ldirectord_server_failures_total{${service},server="127.0.0.3:80"} 1`,
  ]);
  const events = await samples("ldirectord_events_total");
  expect(events).toContain('ldirectord_events_total{event="real-failed",severity="info"} 3');
  expect(events).toContain('ldirectord_events_total{event="drift-found",severity="warning"} 0');
  expect(log.all("real-failed").length).toBe(3);
});

test("verdicts are counted by check and reason, their durations by check and result", async () => {
  await metrics.count(on);
  const spec = {
    source: { kind: "probe", probe: { name: "http 127.0.0.2:80" } },
  } as unknown as MonitorSpec;
  metrics.onVerdict(spec, { up: true, detail: "" }, 3);
  metrics.onVerdict(spec, { up: false, reason: "timeout", detail: "" }, 2_000);
  metrics.onVerdict(spec, { up: false, reason: "refused", detail: "" }, 1_000);
  expect(await samples("ldirectord_verdicts_total")).toEqual([
    'ldirectord_verdicts_total{check="http",result="up"} 1',
    'ldirectord_verdicts_total{check="http",result="timeout"} 1',
    'ldirectord_verdicts_total{check="http",result="refused"} 1',
  ]);
  expect(await samples("ldirectord_check_duration_seconds_sum")).toEqual([
    'ldirectord_check_duration_seconds_sum{check="http",result="up"} 0.003',
    'ldirectord_check_duration_seconds_sum{check="http",result="down"} 3',
  ]);
});

test("a real server's series end with it, and what was counted of it is forgotten", async () => {
  await metrics.count(on);
  failed("127.0.0.3");
  expect(await samples("ldirectord_server_failures_total")).toContain(
    `ldirectord_server_failures_total{${service},server="127.0.0.3:80"} 1`,
  );
  const without = body.replace(/real=127.0.0.3.*\n/, "");
  it.write(virtualText(80, without));
  await it.daemon.reload("signal");
  const { lines } = { lines: await samples("ldirectord_") };
  expect(lines.filter((line) => line.includes('server="127.0.0.3:80"'))).toEqual([]);
  it.write(virtualText(80, body));
  await it.daemon.reload("signal");
  expect(await samples("ldirectord_server_failures_total")).toContain(
    `ldirectord_server_failures_total{${service},server="127.0.0.3:80"} 0`,
  );
});

test("real servers have none of their own where the ini says no, or are more than it names: that is told once", async () => {
  expect(await samples("ldirectord_server_weight", { ...on, servers: false })).toEqual([]);
  expect(log.all("metrics-limited")).toEqual([]);
  const few = { ...on, maxServers: 1 };
  expect(await samples("ldirectord_server_weight", few)).toEqual([]);
  expect(await samples("ldirectord_row_", few)).toEqual([]);
  expect(await samples("ldirectord_server_detail", few)).toEqual(["ldirectord_server_detail 0"]);
  expect((await samples("ldirectord_service_servers{", few)).length).toBe(5);
  expect(log.all("metrics-limited")).toEqual([{ servers: 2, max: 1 }]);
  expect((await samples("ldirectord_server_weight")).length).toBe(2);
});

test("a reload that was refused shows, until one works", async () => {
  it.write("virtual=nonsense\n");
  await it.daemon.reload("signal");
  expect(await samples("ldirectord_reload_worked")).toEqual(["ldirectord_reload_worked 0"]);
  it.write(virtualText(80, body));
  await it.daemon.reload("signal");
  expect(await samples("ldirectord_reload_worked")).toEqual(["ldirectord_reload_worked 1"]);
});

test("a kernel that does not tell what it counts is told, and leaves the rest", async () => {
  it.ipvs.counters = () => Promise.reject(new Error("EPERM"));
  expect(await samples("ldirectord_kernel_readable")).toEqual(["ldirectord_kernel_readable 0"]);
  expect(await samples("ldirectord_service_connections_total")).toEqual([]);
  expect((await samples("ldirectord_server_weight")).length).toBe(2);
});

test("who asks about the same time gets the same: one snapshot is made", async () => {
  let made = 0;
  const snapshot = it.daemon.snapshot;
  Object.assign(it.daemon, { snapshot: () => [made++, snapshot()][1] });
  await metrics.follow(on);
  await Promise.all(Array.from({ length: 20 }, () => ask()));
  expect(made).toBeLessThan(20);
});

test("before the table is set up it is 503, elsewhere 404", async () => {
  await metrics.follow(on);
  expect((await ask("/metricz")).status).toBe(404);
  expect((await ask("/")).lines).toEqual(["ldirectord-ng: /metrics", ""]);
  isThere = false;
  expect((await ask()).status).toBe(503);
});

test("it follows the ini: off it listens nowhere and counts nothing; a scrape under way ends cleanly", async () => {
  await metrics.follow(undefined);
  expect(metrics.address()).toBeUndefined();
  await metrics.follow(on);
  failed("127.0.0.2");
  await metrics.follow(undefined);
  expect(metrics.address()).toBeUndefined();
  await metrics.follow(on);
  expect(await samples("ldirectord_service_failures_total")).toEqual([
    `ldirectord_service_failures_total{${service}} 0`,
  ]);
});
