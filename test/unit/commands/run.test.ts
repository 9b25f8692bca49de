import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Caller } from "../../../src/commands/invocation.ts";
import { run } from "../../../src/commands/run.ts";
import { heardTerminal } from "../../support/fakes/heard-terminal.ts";

let folder = "";
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "commands-test-"));
  settings("");
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** What a command answers with, and what it said. */
async function told(...argv: readonly string[]) {
  const { terminal, heard } = heardTerminal();
  const caller: Caller = {
    program: "/usr/sbin/ldirectord",
    terminal,
    isDaemonToBe: false,
    notifySocket: undefined,
    reportReady: async () => {},
  };
  return { code: await run(argv, caller), ...heard };
}

/** The ini beside it, with the pid files in the same folder. */
function settings(more: string): void {
  writeFileSync(join(folder, "ldirectord-ng.ini"), `[daemon]\nrundir = ${folder}\n${more}`);
}

/** A file with that text, and its log beside it. @returns its path */
function site(text: string): string {
  const path = join(folder, "web.cf");
  writeFileSync(path, `logfile="${join(folder, "log")}"\n${text}`);
  return path;
}
const fine = "virtual=192.0.2.1:80\n\treal=192.0.2.2:80 gate\n\tservice=http\n";

/** A process that is the daemon of web.cf by its command line and its pid file. */
async function daemon(script: string): Promise<ChildProcess> {
  const program = join(folder, "ldirectord");
  writeFileSync(program, `${script}; setInterval(() => {}, 1e6); console.log("up");\n`);
  const child = spawn(process.execPath, [program, "web.cf", "start"], {
    argv0: "node",
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  writeFileSync(join(folder, "ldirectord.web.cf.pid"), `${child.pid}\n`);
  return child;
}

test("asked for its version it says the original's first", async () => {
  const { code, out } = await told("--version");
  expect(code).toBe(0);
  expect(out).toMatch(/^Linux Director v1\.186-ha\nldirectord-ng \d+\.\d+\.\d+ \(Node\.js /);
});

test("a command that there is none of: what is there, and 255", async () => {
  const { code, out } = await told("web.cf", "begin");
  expect(code).toBe(255);
  expect(out).toContain("Usage:");
});

test("status of what does not run: 3, on standard output", async () => {
  const path = site(fine);
  const said = `ldirectord is stopped for ${path}\n`;
  expect(await told(path, "status")).toEqual({ code: 3, out: said, err: "" });
});

test("status of a pid file whose process is gone: 1, and named", async () => {
  const path = site(fine);
  const pidFile = join(folder, "ldirectord.web.cf.pid");
  writeFileSync(pidFile, "999999999\n");
  expect(await told(path, "status")).toEqual({
    code: 1,
    out: `ldirectord is stopped for ${path}\n`,
    err: `ldirectord stale pid file ${pidFile} for ${path}\n`,
  });
});

test("a file with a mistake: 2, with its line", async () => {
  const path = site("nonsense\n");
  const { code, err } = await told(path, "start");
  expect(code).toBe(2);
  expect(err).toContain(`${path}:2:1: nonsense`);
});

test("a file that is not there: 1, and 4 for who asks", async () => {
  const path = join(folder, "none.cf");
  expect((await told("-d", path, "reload")).code).toBe(1);
  expect((await told("-d", path, "status")).code).toBe(4);
});

test("an ini with a mistake: 2, with its line, and nothing is started", async () => {
  const path = site(fine);
  settings("colour = red\n");
  const { code, err } = await told(path, "start");
  expect(code).toBe(2);
  expect(err).toContain(`${folder}/ldirectord-ng.ini:3`);
});

test("reload with nothing running: 1, and said", async () => {
  const path = site(fine);
  const { code, err } = await told(path, "reload");
  expect([code, err]).toEqual([1, `ldirectord is stopped for ${path}\n`]);
});

test("reload signals the daemon that runs; stop ends it, and waits until it is gone", async () => {
  const path = site(fine);
  const child = await daemon('process.on("SIGHUP", () => console.log("HUP"))');
  const heard = new Promise((resolve) => child.stdout?.once("data", (data) => resolve(`${data}`)));
  const said = `ldirectord for ${path} reads it again, pid: ${child.pid}\n`;
  expect(await told(path, "reload")).toEqual({ code: 0, out: said, err: "" });
  expect(await heard).toBe("HUP\n");
  const ended = new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
  expect((await told(path, "stop")).code).toBe(0);
  expect(await ended).toBe("SIGTERM");
});

test("one that does not end in time is told of, and stop answers 1", async () => {
  settings("stop-timeout-seconds = 1\n");
  const path = site(fine);
  await daemon('process.on("SIGTERM", () => {})');
  const { code, err } = await told(path, "stop");
  expect(code).toBe(1);
  expect(err).toBe(`The ldirectord that runs for ${path} has not ended within 1 s\n`);
});
