/** `[log] format = json` and `[log] level`, as an operator meets them. */
import { renameSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { events } from "../../../src/log/events/events.ts";
import { Site } from "./site.ts";

/** A server whose answers are made to break a log. */
const hostileReply = `500 "}\r{"EVENT":"forged"}\x1b[2J\u2028\u009b2J\u202e\\\r\n`;

let site: Site;
let server: Server;
let port: number;
beforeEach(async () => {
  site = new Site();
  server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end(hostileReply);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  await site.close();
  await new Promise((resolve) => server.close(resolve));
});

function write(logSection: string, globals = `logfile="${site.logFile}"`) {
  const ini = `[table]\nbackend=embedded\n[daemon]\nrundir=${site.folder}\nstop-timeout-seconds=5\n`;
  site.write("ldirectord-ng.ini", `${ini}[log]\n${logSection}\n`);
  site.write(
    "web.cf",
    `${globals}
checkinterval=1
virtual=127.0.0.1:8099
        real=127.0.0.1:${port} masq 1
        service=nntp
        scheduler=wrr
`,
  );
}

type Entry = Readonly<Record<string, string | number>>;

/** Every line an object: JSON.parse throws for one that is none. */
const entriesOf = (text: string): Entry[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

const until = (read: () => string, name: string) =>
  vi.waitFor(() => expect(entriesOf(read()).map(({ EVENT }) => EVENT)).toContain(name), {
    timeout: 20_000,
    interval: 20,
  });

test("a life in JSON: one object a line, with fields, and what a server says breaks none", async () => {
  write("format = json");
  const pid = await site.start();
  const log = () => site.read("web.log");
  await until(log, "real-failed");
  expect((await site.run(site.cf, "stop")).code).toBe(0);

  const entries = entriesOf(log());
  const names = Object.keys(events);
  for (const entry of entries) {
    expect(names).toContain(entry["EVENT"]);
    expect(entry).toMatchObject({ INSTANCE: "web.cf", CONFIG_FILE: site.cf });
    expect(entry["time"]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  }
  const told = entries.map(({ EVENT }) => EVENT);
  expect(told).toEqual(
    expect.arrayContaining([
      "daemon-invoked",
      "virtual-added",
      "service-down",
      "daemon-terminated",
    ]),
  );
  expect(entries.find(({ EVENT }) => EVENT === "real-failed")).toEqual({
    level: "info",
    time: expect.any(String),
    pid,
    MESSAGE: expect.stringContaining(`Check failed: 127.0.0.1:${port} (127.0.0.1:8099) status: `),
    PRIORITY: 6,
    SYSLOG_IDENTIFIER: "ldirectord",
    INSTANCE: "web.cf",
    CONFIG_FILE: site.cf,
    EVENT: "real-failed",
    MESSAGE_ID: events["real-failed"].id,
    REAL: `127.0.0.1:${port}`,
    VIRTUAL: "127.0.0.1:8099",
    CHECK: expect.stringContaining("nntp"),
    REASON: "status",
    DETAIL: expect.stringMatching(/^500 "} ?\{"EVENT":"forged"}.*\\$/),
    DURATION_MS: expect.any(Number),
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(log()).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]/);
});

test("a log of JSON may be rotated underneath, and a mistake of the file is one entry with its line", async () => {
  write("format = json");
  await site.start();
  await until(() => site.read("web.log"), "real-failed");
  renameSync(site.logFile, site.path("web.log.1"));
  site.write("web.cf", `${site.read("web.cf")}nonsense"}\u2028\n`);
  await until(() => site.read("web.log"), "config-changed");
  expect((await site.run(site.cf, "reload")).code).toBe(2);
  await until(() => site.read("web.log"), "daemon-exiting");
  expect(entriesOf(site.read("web.log.1")).map(({ EVENT }) => EVENT)).toContain("real-failed");
});

test("level=warning leaves the rest out; level=debug has each result of a check, with fields", async () => {
  write("level = warning\nformat = json");
  await site.start();
  await until(() => site.read("web.log"), "service-down");
  expect((await site.run(site.cf, "stop")).code).toBe(0);
  const grave = entriesOf(site.read("web.log")).map(({ PRIORITY }) => Number(PRIORITY));
  expect(Math.max(...grave)).toBeLessThanOrEqual(4);

  write("level = debug\nformat = json");
  await site.start();
  await until(() => site.read("web.log"), "real-checked");
  const checked = entriesOf(site.read("web.log")).find(({ EVENT }) => EVENT === "real-checked");
  expect(checked).toMatchObject({
    level: "debug",
    PRIORITY: 7,
    REAL: `127.0.0.1:${port}`,
    VIRTUAL: "127.0.0.1:8099",
    PROBE: "check",
    RESULT: "status",
    DURATION_MS: expect.any(Number),
  });
});

test("supervised: JSON on standard output; -d stays text, and all of it", async () => {
  write("format = json\nlevel = error", "supervised=yes");
  const supervised = site.spawn(site.cf, "start");
  await supervised.printed("stdout", /service-down/);
  supervised.kill("SIGTERM");
  const { stdout } = await supervised.ended;
  expect(entriesOf(stdout).map(({ level }) => level)).toContain("error");
  expect(entriesOf(stdout).every(({ level }) => level === "error")).toBe(true);

  const debugged = site.spawn("-d", site.cf, "start");
  await debugged.printed("stderr", /^DEBUG2: Checked: real server=127\.0\.0\.1:/m);
  debugged.kill("SIGTERM");
  const { stderr } = await debugged.ended;
  expect(stderr).toMatch(/^Added virtual server: 127\.0\.0\.1:8099$/m);
  expect(stderr).not.toMatch(/^\{/m);
});

test("the name of the configuration may hold anything", async () => {
  write("format = json", "supervised=yes");
  const name = 'we"b\n{"EVENT":"forged"}\x1b.cf';
  site.write(name, site.read("web.cf"));
  const supervised = site.spawn(site.path(name), "start");
  await supervised.printed("stdout", /service-down/);
  supervised.kill("SIGTERM");
  const entries = entriesOf((await supervised.ended).stdout);
  const names = entries.map(({ INSTANCE }) => INSTANCE);
  expect(new Set(names)).toEqual(new Set(['we"b {"EVENT":"forged"} .cf']));
  expect(entries.map(({ EVENT }) => EVENT)).not.toContain("forged");
});

test("without the settings the log is the text that it ever was", async () => {
  write("journal = no");
  await site.start();
  const lines = await site.logged(/^Check failed: /);
  expect(lines).toContain("Added virtual server: 127.0.0.1:8099");
  expect(lines.filter((line) => /^DEBUG2|^\{/.test(line))).toEqual([]);
});
