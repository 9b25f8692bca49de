import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Snapshot } from "../../../../src/status/snapshot.ts";
import { ControlledDaemon, virtualText } from "../../../support/controlled-daemon.ts";
import { refusing, type ScriptedServer, silent } from "../../../support/servers/scripted.ts";

let it: ControlledDaemon;
/** One that nobody listens on, and one that takes connections. */
let dead: string;
let alive: string;
let server: ScriptedServer;

beforeEach(async () => {
  const { endpoint } = await refusing("127.0.0.1");
  server = await silent("127.0.0.1");
  dead = `127.0.0.1:${endpoint.port}`;
  alive = `127.0.0.1:${server.endpoint.port}`;
});
afterEach(async () => {
  await it[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const ups = "real=127.0.0.2:80 masq 5\nreal=127.0.0.3:80 masq 6\nchecktype=on";
const asked = (...servers: readonly string[]) =>
  [...servers.map((each) => `real=${each} masq 5`), "checktype=connect"].join("\n");

test("all well is 0, and every server has its line", async () => {
  it = await ControlledDaemon.start(virtualText(80, ups));
  const { code, out, err } = await it.ctl(["status"]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out.split("\n")).toEqual([
    `${it.cf}: 1 virtual service, 2 of 2 real servers up`,
    "",
    "tcp:127.0.0.1:80 wrr, 2 of 2 up",
    expect.stringMatching(/^ {2}server +state +since +weight +conns +share +why$/),
    expect.stringMatching(/^ {2}127\.0\.0\.2:80 +up +\ds +5( +0 +0%)?$/),
    expect.stringMatching(/^ {2}127\.0\.0\.3:80 +up +\ds +6( +0 +0%)?$/),
    "",
  ]);
});

test("a server down is 1, and why is told", async () => {
  it = await ControlledDaemon.start(virtualText(80, asked(alive, dead)));
  const { code, out } = await it.ctl(["status"]);
  expect(code).toBe(1);
  expect(out).toContain("\ntcp:127.0.0.1:80 wrr, 1 of 2 up\n");
  expect(out).toMatch(new RegExp(`\n  ${dead} +down +\\ds +- of 5 +refused: `));
});

test("a service that has nobody is 2; the fallback is named where there is one", async () => {
  const sorry = `${asked(dead)}\nfallback=127.0.0.9:80 masq`;
  it = await ControlledDaemon.start(virtualText(80, asked(dead)) + virtualText(81, sorry));
  const { code, out } = await it.ctl(["status"]);
  expect(code).toBe(2);
  expect(out).toContain("\ntcp:127.0.0.1:80 wrr, 0 of 1 up\n");
  expect(out).toContain("\ntcp:127.0.0.1:81 wrr, 0 of 1 up, the fallback has the traffic\n");
  expect(out).toMatch(/\n {2}127\.0\.0\.9:80 +fallback +(\ds)? +1( |\n)/);
});

test("only what is asked for is told, and counts", async () => {
  it = await ControlledDaemon.start(virtualText(80, asked(dead)) + virtualText(81, ups));
  for (const [what, code] of [
    ["127.0.0.1:80", 2],
    ["tcp:127.0.0.1:80", 2],
    ["127.0.0.1:81", 0],
    ["127.0.0.2:80", 0],
    ["127.0.0.2", 0],
  ] as const) {
    const ran = await it.ctl(["status", what]);
    expect(ran.code, what).toBe(code);
    expect(ran.out.includes("127.0.0.3:80")).toBe(what === "127.0.0.1:81");
  }
  const none = await it.ctl(["status", "127.0.0.7"]);
  const err = "no virtual service and no real server is 127.0.0.7\n";
  expect(none).toEqual({ code: 64, out: "", err });
});

test("a spare says so, and why; and which sync daemons run, and which do not", async () => {
  it = await ControlledDaemon.start(virtualText(80, ups));
  const role = join(it.folder, "role");
  writeFileSync(role, "spare");
  const ini = join(it.folder, "ldirectord-ng.ini");
  const more = `[role]\nfollow = file ${role}\n[sync]\nstart = both\ninterface = lo\nid = 3\n`;
  writeFileSync(ini, `${readFileSync(ini, "utf8")}${more}`);
  expect((await it.ctl(["reload"])).code).toBe(0);
  await it.ipvs.stopSync("backup");
  const { code, out } = await it.ctl(["status"]);
  expect(code).toBe(0);
  expect(out.split("\n").slice(0, 5)).toEqual([
    `${it.cf}: 1 virtual service, 2 of 2 real servers up, spare`,
    "sync daemon: master on lo, id 3",
    "sync daemon: backup on lo, id 3: does not run",
    "",
    `tcp:127.0.0.1:80 wrr, 2 of 2 up, spare (${role} says spare)`,
  ]);
  const { out: json } = await it.ctl(["status", "--json"]);
  const snapshot = JSON.parse(json) as Snapshot;
  expect(snapshot.services).toMatchObject([{ role: "spare", roleSince: expect.any(Number) }]);
  expect(snapshot.sync?.running).toEqual([{ state: "master", interface: "lo", id: 3 }]);
});

test("--json is the snapshot", async () => {
  it = await ControlledDaemon.start(virtualText(80, ups));
  const { code, out } = await it.ctl(["status", "--json", "127.0.0.2"]);
  expect(code).toBe(0);
  const snapshot = JSON.parse(out) as Snapshot;
  expect(snapshot).toMatchObject({ version: 1, path: it.cf, phase: "running" });
  const [service] = snapshot.services;
  expect(service?.servers).toMatchObject([{ server: "127.0.0.2:80", state: "up", weight: 5 }]);
});

/** A daemon with something to say in every part of what is shown. */
async function startTroubled() {
  it = await ControlledDaemon.start(virtualText(80, asked(alive, dead)) + virtualText(81, ups));
  const reason = "a new disk of the larger kind, and the firmware that goes with it";
  await it.ctl(["drain", "127.0.0.2", "--deadline", "1h", "--reason", reason]);
  await it.ctl(["maintenance", "127.0.0.3", "on", "--reason", reason]);
  it.write(`${virtualText(80, ups)}${"nonsense of a line that is long ".repeat(5)}\n`);
  expect((await it.ctl(["reload"])).code).toBe(2);
}

test("orders that hold and a reload that failed stand above all", async () => {
  await startTroubled();
  const { out } = await it.ctl(["status"]);
  const [head = ""] = out.split("\n\n");
  expect(head).toMatch(
    /\nreload \ds ago failed, the configuration before it runs on:\n {2}.*line 5: /,
  );
  expect(head).toMatch(/\norder 1 by \S+: drain of 127\.0\.0\.2 by .*: a new disk/);
  expect(head).toMatch(/\norder 2 by \S+: maintenance of 127\.0\.0\.3: a new disk/);
  expect(out).toMatch(/127\.0\.0\.2:80 +drained +\ds +0 of 5 .*drain\n/);
  expect(out).toMatch(/127\.0\.0\.3:80 +maintenance +\ds +- of 6 .*maintenance by order\n/);
});

test("on a terminal no line is longer than it is wide, and what is what has a colour", async () => {
  await startTroubled();
  const { out } = await it.ctl(["status"], { columns: 80, hasColour: true });
  expect(out).toContain("\x1b[31m");
  expect(out).toContain("\x1b[33m");
  for (const line of stripVTControlCharacters(out).split("\n")) {
    expect(line.length, line).toBeLessThanOrEqual(80);
  }
  // A pipe has no colour, and no line that is broken.
  expect((await it.ctl(["status"])).out).not.toContain("\x1b");
});

test("--watch draws anew in place, and ends with the daemon", async () => {
  it = await ControlledDaemon.start(virtualText(80, ups));
  const drawn: string[] = [];
  const screen = { columns: 80, rows: 5, out: (text: string) => void drawn.push(text) };
  const watching = it.ctl(["status", "--watch"], screen);
  await expect.poll(() => drawn.length).toBeGreaterThan(0);
  expect(drawn[0]).satisfy((text: string) => text.startsWith("\x1b[H"));
  expect(drawn[0]).satisfy((text: string) => text.endsWith("\x1b[J"));
  // More does not fit.
  expect(drawn[0]?.split("\n")).toHaveLength(4);
  expect(drawn[0]).toContain("… and more");
  await it.end();
  const { code, err } = await watching;
  expect(code).toBe(3);
  expect(err.split("\n")).toEqual([expect.stringMatching(/ldirectord-ng/), ""]);
});
