import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const dist = (name: string) => new URL(`../../../dist/src/${name}`, import.meta.url).href;

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bug-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.for([
  ["an exception that nobody catches", 'setTimeout(() => { throw new Error("boom") }, 20)'],
  ["a rejection that nobody hears", 'setTimeout(() => void Promise.reject(new Error("boom")), 20)'],
])("%s: logged with its place, no clean-up, the pid file stays to tell", async ([, bug]) => {
  const pidFile = join(folder, "x.pid");
  const script = `
    import { serve } from "${dist("process/serve.js")}";
    import { createLogger } from "${dist("log/create-logger.js")}";
    import { supervisedSink } from "${dist("log/sinks/stream.js")}";
    process.exit(await serve({
      log: createLogger([supervisedSink()]),
      pidFile: ${JSON.stringify(pidFile)},
      start: async () => { ${bug}; return { reload: async () => {}, stop: async () => console.log("STOPPED") } },
      onReady: async () => {},
    }));`;
  const { code, stdout } = await new Promise<{ code: unknown; stdout: string }>((resolve) =>
    execFile(process.execPath, ["--input-type=module", "-e", script], (error, out) =>
      resolve({ code: error?.code, stdout: out }),
    ),
  );
  expect(code).toBe(255);
  expect(stdout).toMatch(/\] Internal error: Error: boom at /);
  expect(stdout).toMatch(/\] Exiting with exit_status 255: internal error\n$/);
  expect(stdout).not.toContain("STOPPED");
  expect(existsSync(pidFile)).toBe(true);
});
