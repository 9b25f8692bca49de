/** The word of health as others get it of the built program: by its file, for a program, and when the daemon is no more. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isAlive, Site, WebServer } from "./site.ts";

const reader = fileURLToPath(
  new URL("../../../packaging/files/ldirectord-health", import.meta.url),
);

let site: Site;
let web: WebServer;
let other: WebServer;
const virtual = "127.0.0.1:8098";
beforeEach(async () => {
  site = new Site();
  [web, other] = await Promise.all([WebServer.start(), WebServer.start()]);
  site.writeRecorder("hook");
  writeIni(`[health-hook]\ncommand=${site.path("hook")}\n`);
  site.write(
    "web.cf",
    `logfile="${site.logFile}"
checkinterval=1
checktimeout=1
virtual=${virtual}
        real=127.0.0.1:${web.port} masq
        real=127.0.0.1:${other.port} masq
        service=http
        request="/"
        receive="Welcome"
`,
  );
});
afterEach(async () => {
  await Promise.all([web.stop(), other.stop(), site.close()]);
});

const usual = () =>
  `[table]\nbackend=embedded\n[daemon]\nrundir=${site.folder}\nstop-timeout-seconds=5\n`;
const writeIni = (more: string, health = `directory=${site.path("run")}\nshare=60%`): void =>
  site.write("ldirectord-ng.ini", `${usual()}[health]\n${health}\n${more}`);

const file = () => site.path("run/web.cf.health");
/** @returns the exit status of the shell's reader */
const asked = (...words: readonly string[]): number | null =>
  spawnSync("/bin/sh", [reader, "-q", "-f", file(), ...words]).status;
const untilAsked = (status: number) =>
  vi.waitFor(() => expect(asked(virtual)).toBe(status), { timeout: 20_000, interval: 50 });
const hooked = () => site.read("hook.calls").split("\n").slice(0, -1);
const untilHooked = (line: string) =>
  vi.waitFor(() => expect(hooked().at(-1)).toBe(line), { timeout: 20_000, interval: 20 });

test("as servers die and come back, its file, its program and its socket say so", async () => {
  await site.start();
  await untilAsked(0);
  await untilHooked(`${virtual} usable 2 2 tcp`);
  await web.stop();
  await untilAsked(1);
  await untilHooked(`${virtual} degraded 1 2 tcp`);
  expect(asked("--share", "50", virtual)).toBe(0);
  expect(await site.ctl("health")).toEqual({
    ...{ code: 1, stdout: `${virtual} degraded 1 of 2\n`, stderr: "" },
  });
  await other.stop();
  await untilAsked(2);
  await untilHooked(`${virtual} nobody 0 2 tcp`);
  await web.start();
  await untilAsked(1);
  await other.start();
  await untilAsked(0);
  await untilHooked(`${virtual} usable 2 2 tcp`);
  expect(site.lines().filter((line) => line.startsWith("Health of "))).toEqual([
    `Health of ${virtual}: degraded, 1 of 2 real servers can be used`,
    `Health of ${virtual}: nobody, 0 of 2 real servers can be used`,
    `Health of ${virtual}: degraded, 1 of 2 real servers can be used`,
    `Health of ${virtual}: usable, 2 of 2 real servers can be used`,
  ]);
}, 90_000);

test("frozen, it is unknown within six seconds, and known again as it goes on", async () => {
  const pid = await site.start();
  await untilAsked(0);
  const from = performance.now();
  process.kill(pid, "SIGSTOP");
  try {
    await untilAsked(3);
    expect(performance.now() - from).toBeLessThan(6_000);
    expect(existsSync(file())).toBe(true);
  } finally {
    process.kill(pid, "SIGCONT");
  }
  await untilAsked(0);
}, 60_000);

test("killed, it is unknown within six seconds; the next one takes the file over", async () => {
  const pid = await site.start();
  await untilAsked(0);
  const from = performance.now();
  process.kill(pid, "SIGKILL");
  await untilAsked(3);
  expect(performance.now() - from).toBeLessThan(6_000);
  await site.start();
  await untilAsked(0);
}, 60_000);

test("stopped in order, the file is gone at once and the program has heard it", async () => {
  const pid = await site.start();
  await untilAsked(0);
  await untilHooked(`${virtual} usable 2 2 tcp`);
  expect(await site.run(site.cf, "stop")).toMatchObject({ code: 0 });
  expect(isAlive(pid)).toBe(false);
  expect(existsSync(file())).toBe(false);
  expect(hooked()).toEqual([`${virtual} usable 2 2 tcp`, `${virtual} unknown 0 0 tcp`]);
}, 60_000);

test("a restart leaves the file to the next one", async () => {
  const before = await site.start();
  await untilAsked(0);
  let isOver = false;
  const restarted = site.run(site.cf, "restart").finally(() => {
    isOver = true;
  });
  const seen = new Set<boolean>();
  while (!isOver) {
    seen.add(existsSync(file()));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(await restarted).toMatchObject({ code: 0 });
  expect(Number(site.read("ldirectord.web.cf.pid"))).not.toBe(before);
  expect([...seen]).toEqual([true]);
  await untilAsked(0);
  expect(hooked()).not.toContain(`${virtual} unknown 0 0 tcp`);
}, 60_000);

test("a reload takes up another share, another program, and that no file is wanted", async () => {
  await site.start();
  await untilAsked(0);
  await web.stop();
  await untilAsked(1);
  await untilHooked(`${virtual} degraded 1 2 tcp`);
  site.writeRecorder("other");
  writeIni(
    `[health-hook]\ncommand=${site.path("other")}\n`,
    `directory=${site.path("run")}\nshare=50%`,
  );
  expect(await site.ctl("reload")).toMatchObject({ code: 0 });
  await untilAsked(0);
  await vi.waitFor(() => expect(site.read("other.calls")).toBe(`${virtual} usable 1 2 tcp\n`), {
    timeout: 20_000,
  });
  writeIni("", "share=50%");
  expect(await site.ctl("reload")).toMatchObject({ code: 0 });
  await vi.waitFor(() => expect(existsSync(file())).toBe(false), { timeout: 20_000 });
}, 90_000);

test("a program that hangs is ended with all that it started, and the newest word is told then", async () => {
  site.write(
    "hook",
    `#!/bin/sh\necho "$@" >>${site.path("hook.calls")}\n[ $2 != usable ] || { sleep 600 & echo $! >${site.path("sleeper")}; wait; }\n`,
  );
  writeIni(`[health-hook]\ncommand=${site.path("hook")}\ntimeout-seconds=3\n`);
  await site.start();
  await untilHooked(`${virtual} usable 2 2 tcp`);
  await Promise.all([web.stop(), other.stop()]);
  await untilAsked(2);
  expect(hooked()).toHaveLength(1);
  await untilHooked(`${virtual} nobody 0 2 tcp`);
  expect(hooked()).toHaveLength(2);
  const sleeper = Number(site.read("sleeper"));
  await vi.waitFor(() => expect(isAlive(sleeper)).toBe(false), { timeout: 10_000 });
  await site.logged(/^system_timeout\(3, .*\/hook 127\.0\.0\.1:8098 usable 2 2 tcp\) timed out/);
}, 60_000);

test("what can not be written is told once, and hurts nobody else", async () => {
  site.write("run", "a file where the folder should be\n");
  await site.start();
  await site.logged(/^File of health .*\/run\/web\.cf\.health can not be written: E/);
  await untilHooked(`${virtual} usable 2 2 tcp`);
  expect(await site.ctl("health")).toMatchObject({ code: 0 });
  await web.stop();
  await untilHooked(`${virtual} degraded 1 2 tcp`);
  expect(site.lines().filter((line) => line.startsWith("File of health "))).toHaveLength(1);
  expect(await site.run(site.cf, "stop")).toMatchObject({ code: 0 });
  expect(readFileSync(site.path("run"), "utf8")).toBe("a file where the folder should be\n");
}, 60_000);

test("nobody has asked for it: there is no file, no program, no line", async () => {
  site.write("ldirectord-ng.ini", usual());
  await site.start();
  await vi.waitFor(async () => expect(await site.ctl("health")).toMatchObject({ code: 0 }), {
    timeout: 20_000,
  });
  await Promise.all([web.stop(), other.stop()]);
  await vi.waitFor(async () => expect(await site.ctl("health")).toMatchObject({ code: 2 }), {
    timeout: 20_000,
  });
  expect(existsSync(site.path("run"))).toBe(false);
  expect(hooked()).toEqual([]);
  expect(site.lines().filter((line) => line.includes("ealth"))).toEqual([]);
}, 60_000);
