import { chmodSync, readFileSync, renameSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isAlive, Site, WebServer } from "./site.ts";

let site: Site;
let web: WebServer;
beforeEach(async () => {
  site = new Site();
  web = await WebServer.start();
  site.writeRecorder("sorry");
});
afterEach(async () => {
  await web.stop();
  await site.close();
});

const file = (globals = "", virtual = "") => `logfile="${site.logFile}"
checkinterval=1
checktimeout=2
quiescent=no
${globals}
virtual=127.0.0.1:8099
        real=127.0.0.1:${web.port} masq 3
        service=http
        request="/"
        receive="Welcome"
        fallback=127.0.0.1:9 masq
        scheduler=wrr
${virtual}
`;
const real = () => `127.0.0.1:${web.port} (127.0.0.1:8099)`;

test("a real server dies and comes back: the table follows, the log tells, fallbackcommand is run", async () => {
  site.write("web.cf", file("", `        fallbackcommand=${site.path("sorry")} -v`));
  await site.start();
  const up = `Added real server: ${real()} (Weight set to 3)`;
  await site.logged(up);

  let mark = site.lines().length;
  await web.stop();
  const downLines = await site.logged(
    "Added fallback server: 127.0.0.1:9 (127.0.0.1:8099) (Weight set to 1)",
    mark,
  );
  expect(downLines.join("\n")).toMatch(/Check failed: .* refused: /);
  await site.logged(`Deleted real server: ${real()}`, mark);

  mark = site.lines().length;
  await web.start();
  await site.logged(up, mark);
  await site.logged("Deleted fallback server: 127.0.0.1:9 (127.0.0.1:8099)", mark);
  await expect
    .poll(() => site.read("sorry.calls").split("\n"), { timeout: 10_000 })
    .toEqual([
      "-v start 127.0.0.1:8099 tcp",
      "-v stop 127.0.0.1:8099 tcp",
      "-v start 127.0.0.1:8099 tcp",
      "-v stop 127.0.0.1:8099 tcp",
      "",
    ]);

  // The file of the log is renamed underneath: the next line makes a new one.
  renameSync(site.logFile, `${site.logFile}.1`);
  await site.run(site.cf, "stop");
  expect(site.lines().at(-1)).toBe("Linux Director Daemon terminated on signal: TERM");
  const pid = /\|(\d+)\] Starting/.exec(readFileSync(`${site.logFile}.1`, "utf8"))?.[1];
  expect(site.read("web.log").trimEnd().split("\n").at(-1)).toMatch(
    new RegExp(
      `^\\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d \\d{4}\\|web\\.cf\\|${pid}\\] Linux Director`,
    ),
  );
});

test("supervised: in the foreground, no pid file, every message on standard output", async () => {
  site.write("web.cf", file("supervised=yes"));
  const daemon = site.spawn(site.cf, "start");
  await daemon.printed("stdout", /\] Added real server: .* \(Weight set to 3\)\n/);
  expect(daemon.stdout).toMatch(
    new RegExp(
      `^\\[\\w{3} \\w{3} [ \\d]\\d [\\d:]{8} \\d{4}\\] Starting Linux Director v1\\.186-ha with pid: ${daemon.pid}$`,
      "m",
    ),
  );
  expect(site.pid()).toBeUndefined();
  expect(site.read("web.log")).toBe("");
  daemon.kill("SIGTERM");
  const { code, stdout } = await daemon.ended;
  expect(code).toBe(0);
  expect(stdout).toMatch(/\] Linux Director Daemon terminated on signal: TERM\n$/);
});

test("-d: in the foreground, no pid file, everything on standard error", async () => {
  site.write("web.cf", file());
  const daemon = site.spawn("-d", site.cf, "start");
  await daemon.printed("stderr", /^Added real server: .* \(Weight set to 3\)$/m);
  // What was asked, what came of it, and each change of the table.
  expect(daemon.stderr).toMatch(
    /^DEBUG2: Checked: real server=127\.0\.0\.1:\d+ \(virtual=[\d.:]+\) check in \d+ ms, up: 200/m,
  );
  expect(daemon.stderr).toMatch(
    /^DEBUG2: IPVS: add real server 127\.0\.0\.1:\d+ to [\d.:]+: done$/m,
  );
  expect(daemon.stderr).toMatch(
    new RegExp(`^Starting Linux Director v1\\.186-ha with pid: ${daemon.pid}$`, "m"),
  );
  expect(site.pid()).toBeUndefined();
  expect(site.read("web.log")).toBe("");
  daemon.kill("SIGINT");
  const { code, stderr } = await daemon.ended;
  expect(code).toBe(0);
  expect(stderr).toMatch(/^Linux Director Daemon terminated on signal: INT$/m);
});

test("a check that hangs holds up neither a reload nor the end, and does not outlive it", async () => {
  site.write("check", `#!/bin/sh\necho $$ > ${site.path("check.pid")}\nexec sleep 600\n`);
  chmodSync(site.path("check"), 0o755);
  const hanging = `checktype=external\n        checkcommand=${site.path("check")}`;
  site.write(
    "web.cf",
    file().replace("service=http", hanging).replace("checktimeout=2", "checktimeout=60"),
  );
  const pid = await site.start();
  const checkPid = () => Number(site.read("check.pid"));
  await expect.poll(checkPid, { timeout: 10_000 }).toBeGreaterThan(0);
  process.kill(pid, "SIGHUP");
  await site.logged("Reloading Linux Director Daemon config on signal");
  expect(await site.run(site.cf, "stop")).toMatchObject({ code: 0 });
  expect(site.lines().at(-1)).toBe("Linux Director Daemon terminated on signal: TERM");
  expect(isAlive(pid)).toBe(false);
  expect(isAlive(checkPid())).toBe(false);
});

test("execute: the other instance starts, answers, reloads and stops with this one", async () => {
  const other = (weight: number) =>
    `logfile="${site.path("other.log")}"\nvirtual=127.0.0.1:8097\n        real=127.0.0.1:9 masq ${weight}\n        checktype=on\n`;
  site.write("other.cf", other(1));
  site.write("web.cf", file(`execute=${site.path("other.cf")}`));
  const pid = await site.start();
  const otherPid = () => Number(site.read("ldirectord.other.cf.pid"));
  await expect.poll(otherPid, { timeout: 15_000 }).toBeGreaterThan(0);
  const started = otherPid();
  try {
    expect((await site.run(site.cf, "status")).stderr).toBe(
      `ldirectord for ${site.cf} is running with pid: ${pid}\n` +
        `ldirectord for ${site.path("other.cf")} is running with pid: ${started}\n`,
    );

    site.write("other.cf", other(2));
    expect(await site.run(site.cf, "reload")).toMatchObject({ code: 0 });
    await expect
      .poll(() => site.read("other.log"), { timeout: 15_000 })
      .toContain("Weight set to 2");

    expect(await site.run(site.cf, "stop")).toMatchObject({ code: 0 });
    expect(isAlive(started)).toBe(false);
  } finally {
    if (isAlive(started)) process.kill(started, "SIGKILL");
  }
});
