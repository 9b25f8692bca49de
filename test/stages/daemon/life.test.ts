import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cli, isAlive, Site } from "./site.ts";

let site: Site;
beforeEach(() => {
  site = new Site();
  site.write("web.cf", good());
});
afterEach(() => site.close());

const good = () => `logfile="${site.logFile}"
checkinterval=1
virtual=127.0.0.1:8099
        real=127.0.0.1:9 masq 1
        checktype=on
        scheduler=wrr
`;
const broken = () => `${good()}nonsense\n`;
const silent = (code: number) => ({ code, stdout: "", stderr: "" });
const running = (pid: number) => ({
  code: 0,
  stdout: "",
  stderr: `ldirectord for ${site.cf} is running with pid: ${pid}\n`,
});

test("nobody runs: what each command says and how it ends", async () => {
  const stopped = { code: 3, stdout: `ldirectord is stopped for ${site.cf}\n`, stderr: "" };
  expect(await site.run(site.cf, "status")).toEqual(stopped);
  expect(await site.run("web.cf", "status", "and", "-d")).toEqual({
    ...stopped,
    stderr: "Ignored, behind the command: and -d; options come first\n",
  });
  expect(await site.run(site.cf, "stop")).toEqual(silent(0));
  expect(await site.run(site.cf, "try-restart")).toEqual(silent(0));
  expect(site.pid()).toBeUndefined();
  const nobody = { code: 1, stdout: "", stderr: stopped.stdout };
  expect(await site.run(site.cf, "reload")).toEqual(nobody);
  expect(await site.run(site.cf, "force-reload")).toEqual(nobody);
  expect(site.lines()).toContain(`ldirectord is stopped for ${site.cf}`);
  expect(site.lines()).toContain("Exiting with exit_status 1: Exiting from ldirectord reload");
});

test("from start to stop", async () => {
  const pid = await site.start();
  expect(readFileSync(site.pidFile, "utf8")).toBe(`${pid}\n`);
  // What cluster agents look for, and what ps, pidof and killall go by.
  const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  expect(words.join(" ")).toContain(`${cli} ${site.cf} start`);
  expect(words[0]).toBe("ldirectord");
  expect(readFileSync(`/proc/${pid}/comm`, "utf8")).toBe("ldirectord\n");

  expect(await site.run(site.cf, "status")).toEqual(running(pid));
  expect(await site.run("web.cf", "status")).toEqual(running(pid));
  expect(await site.run(site.cf, "start")).toEqual(silent(0));
  expect(site.pid()).toBe(pid);
  expect(await site.run(site.cf, "reload")).toEqual({
    code: 0,
    stdout: `ldirectord for ${site.cf} reads it again, pid: ${pid}\n`,
    stderr: "",
  });
  await site.logged("Reloading Linux Director Daemon config on signal");

  expect(await site.run(site.cf, "stop")).toEqual(silent(0));
  expect(isAlive(pid)).toBe(false);
  expect(existsSync(site.pidFile)).toBe(false);
  const log = site.lines();
  expect(log).toEqual(
    expect.arrayContaining([
      `Invoking ldirectord invoked as: ${cli} ${site.cf} start `,
      "Starting Linux Director v1.186-ha as daemon",
      "Added virtual server: 127.0.0.1:8099",
      "Added real server: 127.0.0.1:9 (127.0.0.1:8099) (Weight set to 1)",
      "Purged real server (stop): 127.0.0.1:9 (127.0.0.1:8099)",
      "Purged virtual server (stop): 127.0.0.1:8099",
    ]),
  );
  expect(log.at(-1)).toBe("Linux Director Daemon terminated on signal: TERM");
});

test("restart: another process, under the command line of a start", async () => {
  const before = await site.start();
  expect(await site.run(site.cf, "restart")).toEqual(silent(0));
  const after = site.pid() ?? 0;
  expect(after).not.toBe(before);
  expect(isAlive(before)).toBe(false);
  expect(readFileSync(`/proc/${after}/cmdline`, "utf8").split("\0").join(" ")).toContain(
    `${cli} ${site.cf} start`,
  );
  expect(await site.run(site.cf, "try-restart")).toEqual(silent(0));
  expect(isAlive(after)).toBe(false);
});

test("a restart hands the table over: nothing is taken out of it but what the file no longer names", async () => {
  const other = good().replace(/^virtual=/m, "virtual=127.0.0.1:8098\n        checktype=on\n\n$&");
  for (const [cleanStop, command] of [
    ["yes", "restart"],
    ["no", "try-restart"],
  ] as const) {
    site.write("web.cf", `cleanstop=${cleanStop}\n${other}`);
    await site.run(site.cf, "start");
    const mark = site.lines().length;
    site.write("web.cf", `cleanstop=${cleanStop}\n${good()}`);
    expect(await site.run(site.cf, command)).toEqual(silent(0));
    const lines = site.lines().slice(mark);
    expect(lines.filter((line) => line.startsWith("Purged"))).toEqual([
      "Purged virtual server (stop): 127.0.0.1:8098",
    ]);
    expect(lines).toContain("Linux Director Daemon terminated on signal: USR2");
    expect(await site.run(site.cf, "stop")).toEqual(silent(0));
  }
});

test("a restart with a broken file: the old daemon runs on, and its table too, also by the signal", async () => {
  const pid = await site.start();
  site.write("web.cf", broken());
  expect((await site.run(site.cf, "restart")).code).toBe(2);
  expect(site.pid()).toBe(pid);
  process.kill(pid, "SIGUSR2"); // as systemd does it, which asks nobody before
  await site.logged("Linux Director Daemon terminated on signal: USR2");
  expect(site.lines().filter((line) => line.startsWith("Purged"))).toEqual([]);
});

test("restart: one that does not go is not replaced", async () => {
  const pid = await site.start();
  process.kill(pid, "SIGSTOP");
  site.write("ldirectord-ng.ini", site.read("ldirectord-ng.ini").replace("seconds=5", "seconds=1"));
  const { code, stderr } = await site.run(site.cf, "restart");
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: `The ldirectord that runs for ${site.cf} has not ended: it is not started again\n`,
  });
  expect(site.pid()).toBe(pid);
  expect(site.lines()).toContain(`ldirectord with pid ${pid} has not ended within 1 s`);
});

test("of two that start at the same time one runs, and both are content", async () => {
  const both = await Promise.all([site.run(site.cf, "start"), site.run(site.cf, "start")]);
  expect(both).toEqual([silent(0), silent(0)]);
  const started = site.lines().filter((line) => line.startsWith("Starting Linux Director"));
  expect(started).toHaveLength(1);
  expect(await site.run(site.cf, "status")).toEqual(running(site.pid() ?? 0));
});

test("a killed daemon leaves a stale pid file: status tells, start takes it over", async () => {
  const pid = await site.start();
  process.kill(pid, "SIGKILL");
  await expect.poll(() => isAlive(pid)).toBe(false);
  expect(await site.run(site.cf, "status")).toEqual({
    code: 1,
    stdout: `ldirectord is stopped for ${site.cf}\n`,
    stderr: `ldirectord stale pid file ${site.pidFile} for ${site.cf}\n`,
  });
  expect(await site.run(site.cf, "stop")).toEqual(silent(0));
  expect(await site.run(site.cf, "start")).toEqual(silent(0));
  expect(await site.run(site.cf, "status")).toEqual(running(site.pid() ?? 0));
});

test("an empty pid file says stopped; garbage in it is stale", async () => {
  writeFileSync(site.pidFile, "");
  expect(await site.run(site.cf, "status")).toMatchObject({ code: 3, stderr: "" });
  writeFileSync(site.pidFile, "abc\n");
  expect(await site.run(site.cf, "status")).toMatchObject({ code: 1 });
});

test("a pid file that cannot be written ends a start with 1 and the reason", async () => {
  site.write("ldirectord-ng.ini", "[table]\nbackend=embedded\n[daemon]\nrundir=/nonexistent\n");
  const { code, stderr } = await site.run(site.cf, "start");
  expect(code).toBe(1);
  expect(stderr).toContain("Can not open /nonexistent/ldirectord.web.cf.pid");
});

test("a broken file: every command but stop ends with 2 and says where; the daemon and its pid file stay", async () => {
  const pid = await site.start();
  site.write("web.cf", broken());
  for (const command of ["status", "start", "reload", "force-reload", "restart", "try-restart"]) {
    const { code, stdout, stderr } = await site.run(site.cf, command);
    expect({ command, code, stdout }).toEqual({ command, code: 2, stdout: "" });
    expect(stderr).toMatch(/^Error \[\d+\] reading file .*web\.cf at line 7: Unknown command/);
    expect(stderr).toMatch(/^.*web\.cf:7:1: /m);
    expect(site.pid()).toBe(pid);
    expect(isAlive(pid)).toBe(true);
  }
  expect(site.lines()).toContain("Exiting with exit_status 2: config_error: Configuration Error");
  const { code } = await site.run(site.cf, "stop");
  expect(code).toBe(0);
  expect(isAlive(pid)).toBe(false);
  expect(existsSync(site.pidFile)).toBe(false);
});

test("the file is gone: stop says so, and stops its daemon; without one it fails", async () => {
  const pid = await site.start();
  rmSync(site.cf);
  const notFound = `Config file ${site.cf} not found\n`;
  expect(await site.run(site.cf, "status")).toEqual({ code: 4, stdout: "", stderr: notFound });
  expect(isAlive(pid)).toBe(true);
  expect(await site.run(site.cf, "stop")).toEqual({ code: 0, stdout: "", stderr: notFound });
  expect(isAlive(pid)).toBe(false);
  expect(existsSync(site.pidFile)).toBe(false);
  expect(await site.run(site.cf, "stop")).toEqual({ code: 1, stdout: "", stderr: notFound });
});

test("a FIFO in place of the file: a reload is refused, and the daemon still ends", async () => {
  const pid = await site.start();
  rmSync(site.cf);
  execFileSync("mkfifo", [site.cf]);
  process.kill(pid, "SIGHUP");
  await site.logged(`${site.cf}: can not be read: it is not a regular file`);
  process.kill(pid, "SIGTERM");
  await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
});

test("stop tells the operator of a daemon that does not end", async () => {
  const pid = await site.start();
  process.kill(pid, "SIGSTOP");
  expect(await site.run(site.cf, "stop")).toEqual({
    code: 1,
    stdout: "",
    stderr: `The ldirectord that runs for ${site.cf} has not ended within 5 s\n`,
  });
  process.kill(pid, "SIGCONT");
  await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
});

test("a name that nobody knows is told to who starts or reloads, and the rest runs; status and stop do not ask", async () => {
  const pid = await site.start();
  site.write("web.cf", `${good()}        real=no-such-host.invalid:9 masq\n`);
  expect(await site.run(site.cf, "status")).toEqual(running(pid));
  const reload = await site.run(site.cf, "reload");
  expect(reload.code).toBe(0);
  await site.logged(/"no-such-host\.invalid"/);
  expect(await site.run(site.cf, "stop")).toEqual(silent(0));
  const start = await site.run(site.cf, "start");
  expect(start.code).toBe(0);
  expect(start.stderr).toContain("no-such-host.invalid");
  expect(site.lines().filter((line) => line.startsWith("Added virtual server")).length).toBe(2);
});

test("the log can no longer be written: status and stop work on, a reload is refused", async () => {
  const pid = await site.start();
  rmSync(site.logFile);
  mkdirSync(site.logFile);
  expect(await site.run(site.cf, "status")).toEqual(running(pid));
  const reload = await site.run(site.cf, "reload");
  expect(reload.code).toBe(2);
  expect(reload.stderr).toContain(`unable to open logfile: ${site.logFile}`);
  expect((await site.run(site.cf, "stop")).code).toBe(0);
  expect(isAlive(pid)).toBe(false);
  expect((await site.run(site.cf, "start")).code).toBe(2);
});

test("warnings of the file reach the one who starts", async () => {
  site.write("web.cf", `${good().replace("checkinterval=1", "checkinterval=1\ncheckcount=2")}`);
  const { code, stderr } = await site.run(site.cf, "start");
  expect(code).toBe(0);
  expect(stderr).toMatch(/^Warning \[\d+\] reading file .*web\.cf at line 3: checkcount option/);
});

test("two names for one file are two daemons", async () => {
  await site.start();
  site.write("ldirectord.cf", site.read("web.cf"));
  expect(await site.run("ldirectord.cf", "status")).toMatchObject({ code: 3 });
});

test.for<NodeJS.Signals>(["SIGTERM", "SIGINT", "SIGQUIT"])(
  "%s ends it in order, and a second one does no harm",
  async (signal) => {
    const pid = await site.start();
    process.kill(pid, signal);
    process.kill(pid, signal);
    await site.logged(`Linux Director Daemon terminated on signal: ${signal.slice(3)}`);
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect(existsSync(site.pidFile)).toBe(false);
    expect(site.lines()).toContain("Purged virtual server (stop): 127.0.0.1:8099");
  },
);

test("USR1 is heard and left alone: no death, no debugger's port", async () => {
  const pid = await site.start();
  process.kill(pid, "SIGUSR1");
  await site.logged("Signal USR1 has no meaning here: ignored");
  expect(await site.run(site.cf, "status")).toEqual(running(pid));
});

test("one that dies before it can report: whoever started it is told why", async () => {
  const hook = site.path("hook.mjs");
  site.write("hook.mjs", 'if (process.send) throw new Error("no more memory of any kind");');
  site.nodeOptions.push(`--import=${hook}`);
  const { code, stdout, stderr } = await site.run(site.cf, "start");
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^The daemon ended while it started: exit status 1\n/);
  expect(stderr).toContain("Error: no more memory of any kind");
});

test("a daemon that runs has nothing on its three descriptors", async () => {
  const pid = await site.start();
  const names = [0, 1, 2].map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  expect(names).toEqual(Array(3).fill("/dev/null"));
});
