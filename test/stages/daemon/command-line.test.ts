import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cli, Site } from "./site.ts";

let site: Site;
beforeEach(() => {
  site = new Site();
});
afterEach(() => site.close());

test("wrong usage: the synopsis on standard output, what is wrong on standard error, 255", async () => {
  const none = await site.run();
  expect(none).toMatchObject({ code: 255, stderr: "" });
  expect(none.stdout).toContain(
    "ldirectord [-d|--debug] [--] [configfile] start | stop | restart |",
  );
  const { stdout } = none;
  for (const [word, hint] of [
    ["bogus", ": commands are start, stop, restart, try-restart, reload, force-reload, status"],
    ["relaod", '; did you mean "reload"?'],
    ["-d", ": options come before the configuration and the command"],
  ] as const) {
    const stderr = `Unknown command: ${word}${hint}\n`;
    expect(await site.run("web.cf", word)).toEqual({ code: 255, stdout, stderr });
  }
  const stderr = "Unknown option: x\n";
  expect(await site.run("-dx", "status")).toEqual({ code: 255, stdout, stderr });
});

test("-v: the version that scripts look for comes first", async () => {
  const { code, stdout, stderr } = await site.run("-v");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^Linux Director v1\.186-ha\nldirectord-ng \d+\.\d+\.\d+ \(/);
  // Whoever asks whether a hole in Node.js is theirs.
  expect(stdout.split("\n")[1]).toContain(` (Node.js ${process.versions.node})`);
});

test("what was built can be run by its name", () => {
  expect(execFileSync(cli, ["-v"], { encoding: "utf8" })).toMatch(/^Linux Director /);
});

test("so can ldirectorctl, and its exit code tells what it found", () => {
  const ctl = join(cli, "../ldirectorctl.js");
  site.write("web.cf", "virtual=192.0.2.1:80\n\treal=192.0.2.2:80 gate\n\tnonsense\n");
  const { status, stdout, stderr } = spawnSync(ctl, ["check", site.cf], { encoding: "utf8" });
  expect([status, stderr]).toEqual([2, ""]);
  expect(stdout).toContain(`${site.cf}:3:2: error: nonsense: `);
});

test("-h: the manual, without help from any other program", async () => {
  const { code, stdout, stderr } = await site.run("-h");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const heading of ["SYNOPSIS", "OPTIONS", "COMMANDS", "EXIT STATUS", "FILES"]) {
    expect(stdout).toContain(`\n${heading}\n`);
  }
});

test("a configuration that is nowhere is named: 1; a status is then unknown: 4", async () => {
  const { code, stdout, stderr } = await site.run("-d", "no-such.cf", "start");
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain("Config file no-such.cf not found\n");
  const status = await site.run("no-such.cf", "status");
  expect(status).toEqual({ code: 4, stdout: "", stderr: "Config file no-such.cf not found\n" });
});

test("a configuration that cannot be looked at: one line that says why, and no stack", async () => {
  symlinkSync("loop.cf", site.path("loop.cf"));
  mkdirSync(site.path("folder.cf"));
  const long = "a".repeat(5000);
  for (const [config, why] of [
    [site.path("loop.cf"), `${site.path("loop.cf")} not found: ELOOP: `],
    [site.path("folder.cf"), `${site.path("folder.cf")} not found: it is not a regular file`],
    [long, `${long.slice(0, 200)}… not found: ENAMETOOLONG: `],
    ["a\u001b[2J\nb", "a?[2J?b not found"],
  ] as const) {
    const { code, stdout, stderr } = await site.run(config, "start");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^Config file .*\n$/);
    expect(stderr).toContain(why);
  }
});

test("what stands in the pid file's place is named, and nobody waits for it", async () => {
  site.write("web.cf", `logfile="${site.logFile}"\n`);
  execFileSync("mkfifo", [site.pidFile]);
  const stderr =
    /^Error \[\d+\]: Can not read .*ldirectord\.web\.cf\.pid: it is not a regular file\n$/;
  for (const [command, code] of [
    ["status", 4],
    ["stop", 1],
    ["start", 1],
  ] as const) {
    // Not run(): that would look into the file itself, and wait.
    expect(await site.spawn(site.cf, command).ended).toEqual({
      code,
      stdout: "",
      stderr: expect.stringMatching(stderr),
    });
  }
});

test("in a folder for everybody no link is followed: not the pid file's, not the log's", async () => {
  const shared = site.path("shared");
  mkdirSync(shared);
  chmodSync(shared, 0o777);
  const victim = site.path("victim");
  site.write("victim", "precious\n");
  symlinkSync(victim, join(shared, "ldirectord.web.cf.pid"));
  symlinkSync(victim, join(shared, "log"));
  const ini = site.read("ldirectord-ng.ini");
  site.write("ldirectord-ng.ini", ini.replace(/rundir=.*/, `rundir=${shared}`));
  site.write("web.cf", `logfile="${site.logFile}"\n`);
  const start = await site.run(site.cf, "start");
  expect(start.code).toBe(1);
  expect(start.stderr).toContain(
    `Can not open ${shared}/ldirectord.web.cf.pid: it is a link, in a`,
  );

  site.write("ldirectord-ng.ini", ini);
  site.write("web.cf", `logfile="${shared}/log"\n`);
  const again = await site.run(site.cf, "start");
  expect(again.code).toBe(2);
  expect(again.stderr).toContain("it is a link, in a folder where others may write");
  expect(site.read("victim")).toBe("precious\n");
});
