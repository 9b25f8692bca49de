import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claimPidFile, readPidFile, releasePidFile } from "../../../src/process/pid-file.ts";

let folder = "";
let path = "";
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pid-test-"));
  path = join(folder, "ldirectord.web.cf.pid");
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** A process with that argv[0]. */
async function someone(argv0: string): Promise<number> {
  const child = spawn("sleep", ["600"], { argv0 });
  children.push(child);
  await new Promise((resolve) => child.once("spawn", resolve));
  return child.pid ?? 0;
}

test("no file, and one that is still empty, say that nobody runs", () => {
  expect(readPidFile(path)).toEqual({ state: "none" });
  writeFileSync(path, "");
  expect(readPidFile(path)).toEqual({ state: "none" });
});

test("a process that is an ldirectord is running", async () => {
  const pid = await someone("/usr/sbin/ldirectord");
  writeFileSync(path, `${pid}\n`);
  expect(readPidFile(path)).toEqual({ state: "running", pid });
});

test("anything else is stale", async () => {
  for (const text of [`${await someone("other")}\n`, "abc\n", "-1\n", "0\n", "999999999\n"]) {
    writeFileSync(path, text);
    expect(readPidFile(path)).toEqual({ state: "stale" });
  }
});

test("the pid has come round to one who reads the daemon's files: stale", async () => {
  for (const words of ["vim /etc/ha.d/ldirectord.cf", "tail -f /var/log/ldirectord.log"]) {
    writeFileSync(path, `${await someone(words)}\n`);
    expect(readPidFile(path)).toEqual({ state: "stale" });
  }
});

test("our own pid in an old file is stale, whatever our command line says", () => {
  const { title } = process;
  process.title = "ldirectord"; // rewrites /proc/self/cmdline
  try {
    expect(readFileSync("/proc/self/cmdline", "utf8")).toContain("ldirectord");
    writeFileSync(path, `${process.pid}\n`);
    expect(readPidFile(path)).toEqual({ state: "stale" });
  } finally {
    process.title = title;
  }
});

test("a claim writes the whole file and leaves nothing else behind", async () => {
  expect(await claimPidFile(path)).toEqual({ kind: "ours" });
  expect(readFileSync(path, "utf8")).toBe(`${process.pid}\n`);
  expect(readdirSync(folder)).toEqual(["ldirectord.web.cf.pid"]);
});

test("a stale file is taken over, a living daemon's is not", async () => {
  writeFileSync(path, "999999999\n");
  expect(await claimPidFile(path)).toEqual({ kind: "ours" });
  const pid = await someone("ldirectord");
  writeFileSync(path, `${pid}\n`);
  expect(await claimPidFile(path)).toEqual({ kind: "running", pid });
  expect(readFileSync(path, "utf8")).toBe(`${pid}\n`);
});

test("a lock left by a crash holds a claim up for a moment only", async () => {
  writeFileSync(`${path}.lock`, "1\n");
  expect(await claimPidFile(path)).toEqual({ kind: "ours" });
  expect(existsSync(`${path}.lock`)).toBe(false);
});

test("a folder that is not there is an error", async () => {
  await expect(claimPidFile("/nonexistent/x.pid")).rejects.toMatchObject({ code: "ENOENT" });
});

test("only our own file is removed", async () => {
  writeFileSync(path, "999999999\n");
  releasePidFile(path);
  expect(existsSync(path)).toBe(true);
  await claimPidFile(path);
  releasePidFile(path);
  expect(existsSync(path)).toBe(false);
  releasePidFile(path);
});

test("a link leads to the file, and stays when the file goes", async () => {
  mkdirSync(join(folder, "own"));
  symlinkSync("own/pid", path);
  expect(await claimPidFile(path)).toEqual({ kind: "ours" });
  expect(readFileSync(join(folder, "own", "pid"), "utf8")).toBe(`${process.pid}\n`);
  expect(readdirSync(join(folder, "own"))).toEqual(["pid"]);
  releasePidFile(path);
  expect(readdirSync(join(folder, "own"))).toEqual([]);
  expect(readlinkSync(path)).toBe("own/pid");
  expect(readPidFile(path)).toEqual({ state: "none" });
});

test("a link to a folder that is gone gives way to a file", async () => {
  symlinkSync("gone/pid", path);
  expect(await claimPidFile(path)).toEqual({ kind: "ours" });
  expect(readdirSync(folder)).toEqual(["ldirectord.web.cf.pid"]);
  expect(() => readlinkSync(path)).toThrow("EINVAL");
});

test("whoever owns the folder of the link cannot lead root to another file", async () => {
  mkdirSync(join(folder, "own"));
  symlinkSync("own/pid", path);
  const victim = join(folder, "victim");
  writeFileSync(victim, "precious");
  symlinkSync(victim, join(folder, "own", `pid.${process.pid}.tmp`));
  symlinkSync(victim, join(folder, "own", "pid"));
  expect(await claimPidFile(path)).toEqual({ kind: "ours" });
  expect(readFileSync(victim, "utf8")).toBe("precious");
});
