/** The shell's reader of the file of health, on every shell that a system may have as /bin/sh. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, uptime } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { bodyOf, headOf } from "../../../src/word/file-text.ts";
import type { HealthWord, ServiceHealth } from "../../../src/word/health-word.ts";

const reader = fileURLToPath(
  new URL("../../../packaging/files/ldirectord-health", import.meta.url),
);
const shells = [
  ["dash", ["/bin/dash"]],
  ["busybox", ["/bin/busybox", "sh"]],
  ["bash", ["/bin/bash", "--posix"]],
] as const;

const folder = mkdtempSync(join(tmpdir(), "health-reader-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "web.health");
beforeEach(() => rmSync(file, { recursive: true, force: true }));

const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
const tcp = (address: string, word: HealthWord, up: number, of: number): ServiceHealth => ({
  ...{ id: `tcp:${address}:80`, word, up, of },
  key: { kind: "address", protocol: "tcp", endpoint: { address, port: 80 } },
});
const good = tcp("10.0.0.1", "usable", 2, 3);
const six = tcp("fd00::1", "degraded", 1, 3);
const mark: ServiceHealth = {
  ...{ id: "fwm:5", key: { kind: "fwmark", family: 4, mark: 5 }, word: "nobody", up: 0, of: 2 },
};
const asked = tcp("10.0.0.4", "unknown", 0, 1);
const all = [good, six, mark, asked];
const whole = (services = all, beat = uptime()) => headOf(boot, beat) + bodyOf(services);

/** Without a PATH it can start nothing but what its shell has in itself. */
function read(shell: readonly string[], ...words: readonly string[]) {
  const [program = "", ...before] = shell;
  const { status, stdout, stderr } = spawnSync(program, [...before, reader, ...words], {
    env: { PATH: "" },
    encoding: "utf8",
    timeout: 10_000,
  });
  return { status, stdout, stderr };
}
const said = (what: string) => `ldirectord-health: ${what}\n`;

describe.for(shells.filter(([, [program]]) => existsSync(program)))("%s", ([, shell]) => {
  test.for<[words: string, status: number]>([
    ["", 3],
    ["--all", 3],
    ["--any", 0],
    ["10.0.0.1:80", 0],
    ["tcp:10.0.0.1:80", 0],
    ["[fd00::1]:80", 1],
    ["5", 2],
    ["fwm:5", 2],
    ["10.0.0.4:80", 3],
    ["10.0.0.1:80 5", 2],
    ["--any 5 [fd00::1]:80", 1],
    ["--any 10.0.0.4:80 5", 2],
    ["--share 66 10.0.0.1:80", 0],
    ["--share 67 10.0.0.1:80", 1],
    ["--share 33% [fd00::1]:80", 0],
    ["--share=34% [fd00::1]:80", 1],
    ["--share 1 5", 2],
    ["--share 1 10.0.0.4:80", 3],
    ["-- 10.0.0.1:80", 0],
  ])("%s ends with %i", ([words, status]) => {
    writeFileSync(file, whole());
    const given = words.split(" ").filter((word) => word !== "");
    expect(read(shell, "-f", file, ...given)).toMatchObject({ status, stderr: "" });
    expect(read(shell, "-q", "-f", file, ...given)).toEqual({ status, stdout: "", stderr: "" });
  });

  test("it tells each in a line, by the share that is asked for", () => {
    writeFileSync(file, whole());
    expect(read(shell, "-f", file).stdout).toBe(
      "10.0.0.1:80 usable 2 of 3\n[fd00::1]:80 degraded 1 of 3\n5 nobody 0 of 2\n10.0.0.4:80 unknown 0 of 1\n",
    );
    expect(read(shell, "-f", file, "--share", "100", "10.0.0.1:80").stdout).toBe(
      "10.0.0.1:80 degraded 2 of 3\n",
    );
  });

  test("of one name there may be two, and who names the protocol means one", () => {
    const { key } = good;
    if (key.kind !== "address") throw new Error("an address");
    const udp: ServiceHealth = { ...mark, id: "udp", key: { ...key, protocol: "udp" } };
    writeFileSync(file, whole([good, six, udp]));
    expect(read(shell, "-f", file, "10.0.0.1:80").status).toBe(2);
    expect(read(shell, "-f", file, "--any", "10.0.0.1:80").status).toBe(0);
    expect(read(shell, "-f", file, "udp:10.0.0.1:80").status).toBe(2);
    expect(read(shell, "-f", file, "tcp:10.0.0.1:80").status).toBe(0);
  });

  test("one that the file has not is unknown, and said", () => {
    writeFileSync(file, whole());
    const stderr = said(`${file}: there is no 10.0.0.9:80`);
    expect(read(shell, "-f", file, "10.0.0.9:80")).toEqual({ status: 3, stdout: "", stderr });
    expect(read(shell, "-f", file, "--any", "10.0.0.1:80", "10.0.0.9:80")).toMatchObject({
      status: 0,
      stderr,
    });
    writeFileSync(file, whole([]));
    expect(read(shell, "-f", file)).toMatchObject({
      status: 3,
      stderr: said(`${file}: there is no virtual service`),
    });
  });

  test("a heartbeat is good for five seconds", () => {
    writeFileSync(file, whole(all, uptime() - 4));
    expect(read(shell, "-f", file, "10.0.0.1:80").status).toBe(0);
    writeFileSync(file, whole(all, uptime() - 5.01));
    expect(read(shell, "-f", file, "10.0.0.1:80")).toEqual({
      ...{ status: 3, stdout: "" },
      stderr: said(`${file}: stale: its last heartbeat was 5 s ago`),
    });
  });

  test.for<[what: string, text: () => string, why: string]>([
    ["an empty file", () => "", "it is not whole"],
    ["another file", () => "root:x:0:0\n", "it is no file of health"],
    ["bytes", () => "\0\xff\n\n\0".repeat(99), "it is no file of health"],
    ["a later version", () => whole().replace(" 1 ", " 2 "), "it is of another version"],
    ["half of it", () => whole().slice(0, -20), "it is not whole"],
    ["a line too few", () => whole().replace(/^5 .*\n/m, ""), "it is not whole"],
    ["a torn heartbeat", () => whole().replace(/\d(?=\.)/, "x"), "it is not whole"],
    ["a heartbeat of words", () => whole().replaceAll(/\d+\.\d+/g, "a[$(id)]"), "it is not whole"],
    ["one word more", () => whole().replace("\n", " 7\n"), "it is not whole"],
    ["a word of its own", () => whole().replace("usable", "fine"), "it is not whole"],
    ["a number of words", () => whole().replace(" 2 3 ", " a[$(id)] 3 "), "it is not whole"],
    ["an octal number", () => whole().replace(" 2 3 ", " 09 3 "), "it is not whole"],
    ["a large number", () => whole().replace(" 2 3 ", ` ${"9".repeat(40)} 3 `), "it is not whole"],
    ["an escape", () => whole().replace("10.0.0.4", "\x1b[31m"), "it is not whole"],
    ["a day to come", () => whole(all, uptime() + 60), "stale: its heartbeat is of another boot"],
    ["another boot", () => whole().replace(boot, "0-0"), "stale: it is of another boot"],
  ])("%s is unknown, with a line that says why", ([, text, why]) => {
    writeFileSync(file, text(), "latin1");
    const stderr = said(`${file}: ${why}`);
    expect(read(shell, "-f", file)).toEqual({ status: 3, stdout: "", stderr });
    expect(read(shell, "-q", "-f", file)).toEqual({ status: 3, stdout: "", stderr: "" });
  });

  test("where the daemon may not see the boot's id, none is compared", () => {
    writeFileSync(file, headOf(undefined, uptime()) + bodyOf(all));
    expect(read(shell, "-f", file, "10.0.0.1:80").status).toBe(0);
  });

  test("no file, or what is none, is unknown", () => {
    const stderr = said(`${file}: there is no such file: no daemon keeps it`);
    expect(read(shell, "-f", file)).toEqual({ status: 3, stdout: "", stderr });
    mkdirSync(file);
    expect(read(shell, "-f", file)).toEqual({ status: 3, stdout: "", stderr });
  });

  test.for<[words: string[], why: string]>([
    [["--any", "--all"], "--any and --all exclude each other"],
    [["--share", "0"], '"0" is no share from 1 to 100 percent'],
    [["--share", "101"], '"101" is no share'],
    [["--share", "08"], '"08" is no share'],
    [["--share"], '"" is no share'],
    [["--share="], '"" is no share'],
    [["-f"], "-f wants a file"],
    [["--shares"], "there is no --shares"],
    [["web site"], '"web site" is no virtual service'],
    [["10.0.0.1:80", "-q"], '"-q" is no virtual service'],
    [["$(id)"], '"$(id)" is no virtual service'],
    [[""], '"" is no virtual service'],
  ])("%j is wrong use", ([words, why]) => {
    writeFileSync(file, whole());
    const { status, stdout, stderr } = read(shell, ...words);
    expect({ status, stdout }).toEqual({ status: 64, stdout: "" });
    expect(stderr).toContain(said(why).slice(0, -1));
    expect(stderr).toContain("\nUsage: ldirectord-health ");
  });
});

test("without a name it takes the only file that there is", () => {
  const script = readFileSync(reader, "utf8").replace("/var/run/ldirectord\n", `${folder}\n`);
  const ask = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync("/bin/sh", ["-s", "--", ...words], {
      ...{ input: script, encoding: "utf8" },
    });
    return { status, stdout, stderr };
  };
  const none = `there is no file of health in ${folder}: no daemon keeps one`;
  expect(ask()).toEqual({ status: 3, stdout: "", stderr: said(none) });
  writeFileSync(file, whole());
  writeFileSync(join(folder, "web.health.new"), "");
  expect(ask("10.0.0.1:80")).toMatchObject({ status: 0, stderr: "" });
  const other = join(folder, "mail.health");
  writeFileSync(other, whole());
  expect(ask("10.0.0.1:80")).toMatchObject({
    status: 64,
    stderr: expect.stringContaining(`there are several files in ${folder}; say which with -f`),
  });
  rmSync(other);
});

test.skipIf(!existsSync("/usr/bin/strace"))(
  "it starts no process (strace, which the labs bring, sees it)",
  () => {
    writeFileSync(file, whole());
    const { stderr } = spawnSync(
      "strace",
      ["-f", "-e", "trace=process", "/bin/sh", reader, "-f", file],
      { encoding: "utf8" },
    );
    expect(stderr).toContain("exited with 3");
    expect(stderr.match(/^(\[pid|.*(execve|v?fork|clone3?)\()/gm)).toEqual([
      expect.stringContaining("execve("),
    ]);
  },
);
