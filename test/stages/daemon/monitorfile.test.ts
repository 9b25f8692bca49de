import { existsSync, mkdirSync, renameSync, rmdirSync, symlinkSync, unlinkSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Site, WebServer } from "./site.ts";

let site: Site;
let web: WebServer;
beforeEach(async () => {
  site = new Site();
  web = await WebServer.start();
});
afterEach(async () => {
  await web.stop();
  await site.close();
});

const file = (globals = "", more = "") => `logfile="${site.logFile}"
checkinterval=1
checktimeout=2
${globals}
virtual=127.0.0.1:8099
        real=127.0.0.1:${web.port} masq 3
        service=http
        request="index.html"
        receive="Welcome"
        monitorfile="${site.path("monitor")}"
${more}
`;
/** Without time and pid. */
const lines = () =>
  site
    .read("monitor")
    .replace(/^\[.*?\] \[\d+\] /gm, "")
    .split("\n")
    .slice(0, -1);
const written = (line: string) =>
  expect.poll(() => lines().includes(line), { timeout: 20_000 }).toBe(true);
const check = () => `negotiate http tcp 127.0.0.1 ${web.port} 3 masq /index.html Welcome`;
const refused = () =>
  `${check()} [down] 500 Can't connect to 127.0.0.1:${web.port} (Connection refused)`;

test("each result is a line, and a file renamed underneath is made anew", async () => {
  site.write("web.cf", file());
  const pid = await site.start();
  await written(`${check()} [up] 200 OK`);
  expect(site.read("monitor").split("\n")[0]).toMatch(
    new RegExp(`^\\[\\w{3} \\w{3} [ \\d]\\d [\\d:]{8} \\d{4}\\] \\[${pid}\\] negotiate http tcp `),
  );
  await web.stop();
  await written(refused());
  renameSync(site.path("monitor"), site.path("monitor.1"));
  await expect.poll(lines, { timeout: 20_000 }).toContain(refused());
});

test("the state is the check's, not the pool's; maintenance and service=none are written too", async () => {
  mkdirSync(site.path("maintenance"));
  site.write("maintenance/127.0.0.5", "");
  const none = `
virtual=127.0.0.1:8098
        real=127.0.0.4:80 masq
        real=127.0.0.5:80 masq
        service=none
        monitorfile=${site.path("monitor")}`;
  site.write("web.cf", file(`failurecount=100\nmaintenancedir=${site.path("maintenance")}`, none));
  await site.start();
  await written(`${check()} [up] 200 OK`);
  await web.stop();
  await written(refused());
  expect(site.lines().join("\n")).not.toContain("Deleted real server: 127.0.0.1");
  await written("negotiate none tcp 127.0.0.4 80 1 masq /  [up] -");
  await written("negotiate none tcp 127.0.0.5 80 1 masq /  [down] Server in maintenance");
});

test.for<[name: string, spoil: () => void, mend: () => void]>([
  [
    "a full disk",
    () => symlinkSync("/dev/full", site.path("monitor")),
    () => unlinkSync(site.path("monitor")),
  ],
  [
    "a folder in its place",
    () => mkdirSync(site.path("monitor")),
    () => rmdirSync(site.path("monitor")),
  ],
])("%s stops neither the daemon nor a check, is told once, and mends", async ([, spoil, mend]) => {
  site.write("web.cf", file());
  await site.start();
  await written(`${check()} [up] 200 OK`);
  renameSync(site.path("monitor"), site.path("monitor.1"));
  spoil();
  await site.logged(/^monitorfile .*monitor can not be written: E/);
  await web.stop();
  await site.logged(/^Deleted real server: /);
  mend();
  await site.logged(/^monitorfile .*monitor can be written again: \d+ lines were lost$/);
  await written(refused());
  const told = site.lines().filter((line) => line.includes("can not be written"));
  expect(told).toHaveLength(1);
});

test("it is made by a start and by a reload, and not by those that only ask or stop", async () => {
  site.write("web.cf", file());
  await site.run(site.cf, "status");
  await site.run(site.cf, "stop");
  expect(existsSync(site.path("monitor"))).toBe(false);
  await site.start();
  await expect.poll(() => existsSync(site.path("monitor")), { timeout: 20_000 }).toBe(true);
  site.write("web.cf", file().replace(site.path("monitor"), site.path("other")));
  await site.run(site.cf, "reload");
  await expect.poll(() => existsSync(site.path("other")), { timeout: 20_000 }).toBe(true);
});

test("one that cannot be opened at load is a mistake of the file", async () => {
  mkdirSync(site.path("monitor"));
  site.write("web.cf", file());
  const { code, stderr } = await site.run(site.cf, "start");
  expect(code).toBe(2);
  expect(stderr).toMatch(/at line 10: unable to open monitorfile .*monitor: Is a directory/);
});
