import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "leave-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a thread that hangs in a file system does not keep the process from ending", async () => {
  const fifo = join(folder, "fifo");
  execFileSync("mkfifo", [fifo]);
  const leave = new URL("../../../dist/src/process/exit-now.js", import.meta.url);
  const script = `
    import { readFile } from "node:fs/promises";
    import { setImmediate as turn } from "node:timers/promises";
    import { exitNow } from ${JSON.stringify(leave.href)};
    readFile(${JSON.stringify(fifo)}).catch(() => {});
    await turn();
    exitNow(7);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "inherit", "inherit"],
    timeout: 8000,
    killSignal: "SIGKILL",
  });
  const ended = await new Promise((resolve) =>
    child.once("exit", (code, signal) => resolve({ code, signal })),
  );
  expect(ended).toEqual({ code: 7, signal: null });
});
