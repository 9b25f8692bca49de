import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type CommandRunner, createCommandRunner } from "../../../src/programs/runner.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "command-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const shell = (runner: CommandRunner, line: string, timeoutSec = 10) =>
  runner.run({ command: { kind: "shell", line }, timeoutSec });

test("a command that ends with 0 is fine, and nothing is logged", async () => {
  const logger = memoryLog();
  const runner = createCommandRunner({ logger });
  expect(await shell(runner, `echo "a b" > ${folder}/out`)).toBe(true);
  expect(readFileSync(`${folder}/out`, "utf8")).toBe("a b\n");
  expect(logger.lines).toEqual([]);
});

test.for<[line: string, logged: string]>([
  ["exit 3", "system(exit 3) failed: exit status 3"],
  ["kill -KILL $$", "system(kill -KILL $$) failed: killed by SIGKILL"],
  ["/no/such/program", "system(/no/such/program) failed: exit status 127"],
])("a shell line that fails is logged: %s", async ([line, logged]) => {
  const logger = memoryLog();
  expect(await shell(createCommandRunner({ logger }), line)).toBe(false);
  expect(logger.lines).toEqual([logged]);
});

test.for<[line: string, ended: number | string]>([
  ["exit 0", 0],
  ["exit 3", 3],
  ["kill -KILL $$", "killed by SIGKILL"],
  ["exec sleep 600", "killed by SIGTERM"],
])("one whose exit status is an answer is not logged: %s", async ([line, ended]) => {
  const logger = memoryLog();
  const runner = createCommandRunner({ logger });
  expect(await runner.ask({ command: { kind: "shell", line }, timeoutSec: 0.5 })).toBe(ended);
  await runner.stop(0);
  const command = { kind: "shell", line: "exit 0" } as const;
  expect(await runner.ask({ command, timeoutSec: 1 })).toBe("ended with ldirectord");
  expect(logger.lines).toEqual([]);
});

test("a program is not seen by a shell, and one that is not there is logged", async () => {
  const logger = memoryLog();
  const runner = createCommandRunner({ logger });
  const touch = { kind: "program", argv: ["touch", `${folder}/$(x)`] } as const;
  expect(await runner.run({ command: touch, timeoutSec: 10 })).toBe(true);
  expect(existsSync(`${folder}/$(x)`)).toBe(true);
  const missing = { kind: "program", argv: ["/no/such/program", "start"] } as const;
  expect(await runner.run({ command: missing, timeoutSec: 10 })).toBe(false);
  expect(logger.lines).toEqual(["system(/no/such/program start) failed: ENOENT"]);
});

const isAlive = (pid: number) => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
};

test("out of time: the command dies, and so does what it started, even deaf to SIGTERM", async () => {
  const logger = memoryLog();
  const runner = createCommandRunner({ logger, graceMs: 50 });
  const line = `(trap "" TERM; echo $BASHPID; sleep 600) > ${folder}/pid & trap "" TERM; wait; wait`;
  const bash = { kind: "program", argv: ["bash", "-c", line] } as const;
  expect(await runner.run({ command: bash, timeoutSec: 0.2 })).toBe(false);
  const grandchild = Number(readFileSync(`${folder}/pid`, "utf8"));
  expect(grandchild).toBeGreaterThan(1);
  await vi.waitFor(() => expect(isAlive(grandchild)).toBe(false), { timeout: 10_000 });
  expect(logger.lines).toEqual([
    `system_timeout(0.2, bash -c ${line}) timed out, kill -TERM child`,
    `system(bash -c ${line}) failed: killed by SIGKILL`,
  ]);
});

test("the end: what runs may finish, what does not is ended with all it started, what waits is not begun", async () => {
  const logger = memoryLog();
  const runner = createCommandRunner({ logger, maxRunning: 2, graceMs: 50 });
  const ended = Promise.all([
    shell(runner, "sleep 0.2"),
    shell(runner, `sleep 600 & echo $! > ${folder}/pid; wait`),
    shell(runner, `echo x > ${folder}/begun`),
  ]);
  await vi.waitFor(() => expect(readFileSync(`${folder}/pid`, "utf8")).toMatch(/\n/), {
    timeout: 10_000,
  });
  await runner.stop(600);
  expect(await ended).toEqual([true, false, false]);
  const grandchild = Number(readFileSync(`${folder}/pid`, "utf8"));
  await vi.waitFor(() => expect(isAlive(grandchild)).toBe(false), { timeout: 10_000 });
  expect(logger.lines).toEqual([
    `system(sleep 600 & echo $! > ${folder}/pid; wait) failed: ended with ldirectord`,
  ]);
  expect(await shell(runner, "true")).toBe(false);
});

test("what an orderly command leaves running stays", async () => {
  const runner = createCommandRunner({ logger: memoryLog() });
  await shell(runner, `sleep 600 > /dev/null & echo $! > ${folder}/pid`);
  const left = Number(readFileSync(`${folder}/pid`, "utf8"));
  expect(isAlive(left)).toBe(true);
  process.kill(left, "SIGKILL");
});

test("no more than the cap run at once, and all get their turn", async () => {
  const runner = createCommandRunner({ logger: memoryLog(), maxRunning: 2 });
  const line = `mkdir ${folder}/slot1 2>/dev/null && s=1 || { mkdir ${folder}/slot2 && s=2; } && sleep 0.02 && echo . >> ${folder}/done && rmdir ${folder}/slot$s`;
  const results = await Promise.all(Array.from({ length: 8 }, () => shell(runner, line)));
  expect(results).toEqual(Array(8).fill(true));
  expect(readFileSync(`${folder}/done`, "utf8")).toBe(".\n".repeat(8));
  await runner.idle();
});
