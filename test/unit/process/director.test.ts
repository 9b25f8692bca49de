import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { isDaemonOf, isDirector, wordsOfDirector } from "../../../src/process/director.ts";

const packaged = (name: string): string =>
  fileURLToPath(new URL(`../../../packaging/files/${name}`, import.meta.url));

let folder = "";
const children: ChildProcess[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "director-test-"));
  writeFileSync(join(folder, "ldirectord"), "setTimeout(() => {}, 600_000);\n");
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A process that is called so and given that script. */
async function someone(argv: readonly string[]): Promise<number> {
  const [argv0 = "", ...args] = argv;
  const child = spawn(process.execPath, args, { argv0 });
  children.push(child);
  await new Promise((resolve) => child.once("spawn", resolve));
  return child.pid ?? 0;
}

const isOneForTheShell = (argv: readonly string[]): boolean => {
  const file = join(folder, "cmdline");
  writeFileSync(file, argv.map((word) => `${word}\0`).join(""));
  return spawnSync("/bin/sh", [packaged("is-director"), file]).status === 0;
};

test.for<[isOne: boolean, ...argv: string[]]>([
  [true, "ldirectord", "/usr/sbin/ldirectord", "web.cf", "start"],
  [true, "ldirectord", "/srv/dist/src/cli.js", "start"],
  [true, "/usr/bin/node", "/usr/sbin/ldirectord", "start"],
  [
    true,
    "/usr/lib/ldirectord-ng/node",
    "--max-old-space-size=500",
    "/usr/sbin/ldirectord",
    "start",
  ],
  [true, "nodejs", "/usr/sbin/ldirectord", "start"],
  [true, "/usr/bin/perl", "-w", "/usr/sbin/ldirectord", "/etc/ha.d/web.cf", "start"],
  [true, "/usr/bin/perl5.36.0", "/etc/ha.d/resource.d/ldirectord", "web.cf", "start"],
  [true, "ldirectord 10.0.0.1:80 checking 10.0.0.2"], // a worker of the original (fork=yes)
  [false],
  [false, ""],
  [false, "prog", "ldirectord"],
  [false, "prog", "/etc/ha.d/ldirectord.cf"],
  [false, "prog", "ldirectord.service"],
  [false, "prog", "/usr/sbin/ldirectord", "start"],
  [false, "node", "server.js", "ldirectord"],
  [false, "node", "/srv/ldirectord/server.js"],
  [false, "perl", "-ne", "print", "/usr/sbin/ldirectord"],
  [false, "perl", "/usr/bin/perldoc", "ldirectord"],
  [false, "perldoc", "ldirectord"],
  [false, "/bin/sh", "-c", "ldirectord web.cf start; sleep 600"],
  [false, "/bin/sh", "/etc/init.d/ldirectord", "start"],
  [false, "vim", "/usr/sbin/ldirectord"],
  [false, "sudo", "ldirectord", "start"],
  [false, "journalctl", "-fu", "ldirectord"],
  [false, "ldirectord-notes"],
  [false, "ldirectord.sh", "start"],
  [false, "/srv/ldirectord/backup"],
])("an ldirectord: %s, for us and for the shell: %s %s %s %s %s", ([isOne, ...argv]) => {
  expect(wordsOfDirector(argv) !== undefined).toBe(isOne);
  expect(isOneForTheShell(argv)).toBe(isOne);
});

const ours = (...words: string[]) => ["ldirectord", "/usr/sbin/ldirectord", ...words];

test.for<[isDaemon: boolean, argv: string[], instance: string]>([
  [true, ours("web.cf", "start"), "web.cf"],
  [true, ours("/etc/ha.d/web.cf", "start"), "web.cf"],
  [true, ours("start"), "ldirectord"],
  [true, ["/usr/bin/perl", "-w", "/usr/sbin/ldirectord", "web.cf", "restart"], "web.cf"],
  [false, ours("web.cf", "start"), "mail.cf"],
  [false, ours("start"), "ldirectord.cf"],
  [false, ours("web.cf", "status"), "web.cf"],
  [false, ours("web.cf", "stop"), "web.cf"],
  [false, ours("-v"), "ldirectord"],
  [
    true,
    ours("dienst-ü.cf", "start").map((word) => Buffer.from(word).toString("latin1")),
    "dienst-ü.cf",
  ],
])("the daemon of an instance: %s: %s, %s", ([isDaemon, argv, instance]) => {
  expect(isDaemonOf(argv, instance)).toBe(isDaemon);
});

test("a living process is judged by its command line, and a dead one is none", async () => {
  const program = join(folder, "ldirectord");
  const daemon = await someone(["/usr/bin/perl", program, "web.cf", "start"]);
  expect(isDirector(daemon, "web.cf")).toBe(true);
  expect(isDirector(daemon, "mail.cf")).toBe(false);
  expect(isDirector(999_999_999, "web.cf")).toBe(false);
});

test("hand-over ends an ldirectord that the pid file names, and nobody else", async () => {
  const pidFile = join(folder, "pid");
  const handOver = () => spawnSync("/bin/sh", [packaged("hand-over"), pidFile]).status;
  const innocent = await someone(["prog", join(folder, "ldirectord"), "ldirectord.cf"]);
  const ended = new Promise((resolve) => children.at(-1)?.once("exit", () => resolve("ended")));
  writeFileSync(pidFile, `${innocent}\n`);
  expect(handOver()).toBe(0);
  const daemon = await someone(["perl", join(folder, "ldirectord"), "start"]);
  const exit = new Promise((resolve) => children.at(-1)?.once("exit", (_, by) => resolve(by)));
  writeFileSync(pidFile, `${daemon}\n`);
  expect(handOver()).toBe(0);
  expect(await exit).toBe("SIGKILL");
  expect(await Promise.race([ended, "runs on"])).toBe("runs on");
});
