import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { incidentFile } from "../../../src/incidents/incident-file.ts";
import {
  createIncidents,
  type Incidents,
  type IncidentsOptions,
} from "../../../src/incidents/keeper.ts";
import type { Notice } from "../../../src/incidents/notice.ts";
import type { AlertRoute } from "../../../src/ini/alert-settings.ts";
import { serviceId } from "../../../src/model/virtual-service.ts";
import { realServer, tcp, virtualService } from "../../support/builders.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";
import { SetHealth } from "../reconcile/set-health.ts";

const folder = mkdtempSync(join(tmpdir(), "incidents-"));
afterAll(() => rmSync(folder, { recursive: true }));
const open: Incidents[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((incidents) => incidents.stop(1_000)));
  rmSync(join(folder, "web.incidents.json"), { force: true });
});

const key = tcp("10.0.0.1:80");
const other = tcp("10.0.0.2:80");
const virtual = virtualService(key, [realServer("10.1.2.1:80"), realServer("10.1.2.2:80")]);
const beside = virtualService(other, [realServer("10.9.9.1:80"), realServer("10.9.9.2:80")]);
const route = (more: Partial<AlertRoute> = {}): AlertRoute => ({
  name: "ops",
  place: { line: 1, column: 1 },
  severity: "warning",
  waitMs: 0,
  updateMs: 600_000,
  receiver: {
    ...{ to: "webhook", url: "http://127.0.0.1:1/T0", format: "json", timeoutMs: 1_000 },
  },
  ...more,
});

/** Incidents whose receivers take everything, or fail as they are told. */
async function rig(routes: readonly AlertRoute[], more: Partial<IncidentsOptions> = {}) {
  const log = memoryLog();
  const view = new SetHealth();
  const got: Notice[] = [];
  const receiver: { failure: Error | undefined } = { failure: undefined };
  const incidents = createIncidents({
    ...{ log, view, instance: "web", why: () => "refused: nobody", isSpare: () => false },
    file: incidentFile(folder, "web"),
    sendMail: async () => [],
    post: async ({ body }) => {
      if (receiver.failure !== undefined) throw receiver.failure;
      got.push(JSON.parse(body));
    },
    commands: { ask: async () => 0 },
    ...more,
  });
  open.push(incidents);
  await incidents.follow([virtual, beside], routes);
  const set = (server: string, state: "up" | "down", of = virtual) => {
    view.set(of.key, server, state);
    incidents.onBrought({ id: serviceId(of.key), virtual: of });
  };
  const told = () => got.map(({ event, troubles }) => `${event} ${troubles}`);
  const until = (...events: string[]) => vi.waitFor(() => expect(told()).toEqual(events));
  return { incidents, log, view, got, receiver, set, told, until };
}

test("down is told once, up again is told once, and the log has both", async () => {
  const { set, until, log, got } = await rig([route()]);
  set("10.1.2.2:80", "up");
  set("10.1.2.1:80", "down");
  set("10.1.2.1:80", "down");
  await until("opened 1");
  set("10.1.2.1:80", "up");
  await until("opened 1", "closed 1");
  const [incident] = got.map((notice) => notice.incident);
  expect(log.lines).toEqual([
    `Incident ${incident} opened for [alert ops]: Down: 10.1.2.1:80 (10.0.0.1:80): refused: nobody`,
    expect.stringMatching(`^Incident ${incident} closed for \\[alert ops\\]: Over, after `),
  ]);
});

test("a drain, a maintenance and a server that the file names no more are told to nobody", async () => {
  const { set, view, incidents, until } = await rig([route()]);
  view.hold(key, "10.1.2.1:80");
  view.steer(key, "10.1.2.2:80", { kind: "drain", isRemoved: false });
  set("10.1.2.1:80", "down");
  set("10.1.2.2:80", "down");
  // What is told after them comes first.
  set("10.9.9.2:80", "up", beside);
  set("10.9.9.1:80", "down", beside);
  await until("opened 1");
  const without = virtualService(other, [realServer("10.9.9.2:80")]);
  await incidents.follow([virtual, without], [route()]);
  await until("opened 1", "closed 1");
});

test("a service without a server is grave", async () => {
  const { set, until, got } = await rig([route({ severity: "error" })]);
  set("10.1.2.1:80", "down");
  set("10.1.2.2:80", "down");
  await until("opened 3");
  expect(got[0]).toMatchObject({ severity: "error", withoutServer: ["10.0.0.1:80"] });
});

test("an alert hears of its own services, and not of the director's trouble", async () => {
  const mine = route({ virtuals: ["10.0.0.2:*"] });
  const { set, until, incidents, got } = await rig([mine]);
  set("10.1.2.2:80", "up");
  set("10.9.9.2:80", "up", beside);
  incidents.log.event("config-kept", { path: "web.cf" });
  set("10.1.2.1:80", "down");
  set("10.9.9.1:80", "down", beside);
  await until("opened 1");
  expect(got[0]?.members).toMatchObject([{ virtual: "10.0.0.2:80", real: "10.9.9.1:80" }]);
});

test("a reload that is refused is an incident until one works", async () => {
  const { until, incidents, got } = await rig([route()]);
  incidents.log.event("config-error", { text: "web.cf:3:1: no such directive" });
  incidents.log.event("config-kept", { path: "web.cf" });
  await until("opened 1");
  expect(got[0]?.title).toBe(
    "A reload was refused, the configuration before it runs on: web.cf:3:1: no such directive",
  );
  await incidents.follow([virtual, beside], [route()]);
  await until("opened 1", "closed 1");
});

test("the director's own trouble is told with its end", async () => {
  const { until, incidents } = await rig([route()]);
  const { log } = incidents;
  log.event("schedule-stretched", { started: 10, late: 9, worstMs: 3_000 });
  log.event("local-fault", { fault: "EMFILE", detail: "no descriptors" });
  log.event("table-change-failed", { change: "add x", errno: "ENOENT" });
  log.event("table-unreadable", { cause: "EPERM" });
  await until("opened 1", "opened 1", "opened 1", "opened 1");
  log.event("schedule-kept", { seconds: 9 });
  log.event("local-fault-over", { fault: "EMFILE", lost: 0 });
  log.event("table-change-dropped", { change: "add x" });
  log.event("table-readable", {});
  await until(...Array(4).fill("opened 1"), ...Array(4).fill("closed 1"));
});

test("the spare keeps it to itself; active, it tells how it goes on", async () => {
  let isSpare = true;
  const { set, until, log, told } = await rig([route()], { isSpare: () => isSpare });
  set("10.1.2.2:80", "up");
  set("10.1.2.1:80", "down");
  await vi.waitFor(() =>
    expect(readFileSync(join(folder, "web.incidents.json"), "utf8")).toContain('"told"'),
  );
  expect([told(), log.lines]).toEqual([[], []]);
  isSpare = false;
  set("10.1.2.1:80", "up");
  await until("closed 1");
});

test("a restart neither tells twice nor forgets, though the receiver was out", async () => {
  const before = await rig([route()]);
  before.receiver.failure = new Error("its answer is 500");
  before.set("10.1.2.2:80", "up");
  before.set("10.1.2.1:80", "down");
  await before.log.until("alert-failed");
  await before.incidents.stop(0);

  const after = await rig([route()]);
  await after.until("opened 1");
  after.set("10.1.2.1:80", "down");
  after.set("10.9.9.2:80", "up", beside);
  await after.incidents.stop(1_000);

  const last = await rig([route()]);
  last.set("10.1.2.1:80", "up");
  await last.until("closed 1");
  expect(last.got[0]?.incident).toBe(after.got[0]?.incident);
  await last.incidents.stop(1_000);
});

test.for([
  ["torn", '{"version":1,"savedAt":1,"alerts":[{"na'],
  ["of a later version", '{"version":2}'],
  ["of a day to come", `{"version":1,"savedAt":${Date.now() + 2 * 86_400_000},"alerts":[]}`],
  ["of another shape", '{"version":1,"savedAt":1,"alerts":[{"name":"ops"}]}'],
] as const)("a file that is %s is set aside, and told", async ([, text]) => {
  const path = join(folder, "web.incidents.json");
  writeFileSync(path, text);
  const { log, set, until } = await rig([route()]);
  expect(log.all("incidents-set-aside")).toHaveLength(1);
  expect(readFileSync(`${path}.set-aside`, "utf8")).toBe(text);
  set("10.1.2.2:80", "up");
  set("10.1.2.1:80", "down");
  await until("opened 1");
});

test("a folder that can not be written is told, once, and alerts go on", async () => {
  writeFileSync(join(folder, "a file"), "");
  const file = incidentFile(join(folder, "a file"), "web");
  const { log, set, until, incidents } = await rig([route()], { file });
  set("10.1.2.2:80", "up");
  set("10.1.2.1:80", "down");
  await until("opened 1");
  set("10.1.2.1:80", "up");
  await until("opened 1", "closed 1");
  await incidents.stop(1_000);
  expect(log.all("incidents-unsaved").length).toBeGreaterThanOrEqual(1);
});

test("a section that changes keeps what is open, and one that goes takes it along", async () => {
  const { set, incidents, until, told } = await rig([route()]);
  set("10.1.2.2:80", "up");
  set("10.1.2.1:80", "down");
  await until("opened 1");
  await incidents.follow([virtual, beside], [route({ updateMs: 60_000 })]);
  set("10.1.2.1:80", "up");
  await until("opened 1", "closed 1");
  await incidents.follow([virtual, beside], []);
  set("10.1.2.1:80", "down");
  await incidents.stop(1_000);
  expect(told()).toEqual(["opened 1", "closed 1"]);
  expect(readdirSync(folder)).not.toContain("web.incidents.json");
});

test("a test says what became of it", async () => {
  const { incidents, receiver, got } = await rig([route()]);
  expect(await incidents.test("ops")).toBe(true);
  expect(got).toMatchObject([
    { event: "test", title: "Test of [alert ops]: nothing has happened" },
  ]);
  receiver.failure = new Error("its answer is 500");
  expect(await incidents.test("ops")).toBe("its answer is 500");
  expect(await incidents.test("nobody")).toBe(false);
});

test("a receiver that hangs costs no other alert anything", async () => {
  const command = route({
    name: "hanging",
    receiver: { to: "command", command: "/bin/x", timeoutMs: 1_000 },
  });
  const { set, until, incidents } = await rig([command, route()], {
    commands: { ask: () => new Promise(() => {}) },
  });
  set("10.1.2.2:80", "up");
  set("10.1.2.1:80", "down");
  await until("opened 1");
  set("10.1.2.1:80", "up");
  await until("opened 1", "closed 1");
  expect(incidents.now()).toMatchObject([
    { name: "hanging", open: 0, waiting: 2 },
    { name: "ops", open: 0, waiting: 0 },
  ]);
  await incidents.stop(1);
});
