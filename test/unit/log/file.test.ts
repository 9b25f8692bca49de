import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLogger } from "../../../src/log/create-logger.ts";
import { datedWithInstance } from "../../../src/log/line-format.ts";
import { fileSink } from "../../../src/log/sinks/file.ts";
import { mark, tcp } from "../../support/builders.ts";
import { withoutDescriptors } from "../../support/fakes/no-descriptors.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "log-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const secondOfNovember = new Date(2026, 10, 2, 6, 7, 8).getTime();

function setUp(path = join(folder, "x.log")) {
  const last: string[] = [];
  const file = fileSink(path, datedWithInstance("web.cf", 4711), (text) => last.push(text));
  const logger = createLogger([file], { now: () => secondOfNovember });
  return { path, last, logger, content: () => readFileSync(path, "utf8") };
}

test("a line is the original's: ctime with a blank-padded day, instance, pid", () => {
  const { logger, content } = setUp();
  logger.event("virtual-added", { virtual: tcp("10.0.0.1:80") });
  expect(content()).toBe(
    "[Mon Nov  2 06:07:08 2026|web.cf|4711] Added virtual server: 10.0.0.1:80\n",
  );
});

// A mail server's multi-line 550 stood in the log as lines with our own prefix.
test("a message is one line, whatever it is made of, and an empty one is none", () => {
  const { logger, content } = setUp();
  logger.event("config-error", { text: "Error [1]: first\n \n  second\x1b[2J\u202e\r\n" });
  logger.event("config-error", { text: "\r\n" });
  expect(content()).toBe("[Mon Nov  2 06:07:08 2026|web.cf|4711] Error [1]: first second [2J \n");
});

test("a file renamed underneath is made anew at the next message, without a signal", () => {
  const { path, logger, content } = setUp();
  logger.event("virtual-added", { virtual: mark(1) });
  renameSync(path, `${path}.1`);
  logger.event("virtual-added", { virtual: mark(2) });
  expect(content()).toMatch(/^\[.*\] Added virtual server: 2\n$/);
  expect(readFileSync(`${path}.1`, "utf8")).toMatch(/server: 1\n$/);
});

test("out of descriptors: the log is written all the same", () => {
  const { logger, last, content } = setUp();
  withoutDescriptors(() => {
    for (const number of [1, 2]) logger.event("virtual-added", { virtual: mark(number) });
  });
  logger.close();
  expect(last).toEqual([]);
  expect(content()).toMatch(/server: 1\n.*server: 2\n$/);
});

test("a full disk: the first loss goes to the last resort, the rest is counted and told afterwards", () => {
  const { path, last, logger, content } = setUp();
  symlinkSync("/dev/full", path);
  for (const number of [1, 2, 3]) logger.event("virtual-added", { virtual: mark(number) });
  expect(last).toHaveLength(1);
  expect(last[0]).toMatch(/^Added virtual server: 1\nlog file .*x\.log cannot be written: ENOSPC/);

  unlinkSync(path);
  logger.event("virtual-added", { virtual: mark(4) });
  logger.event("virtual-added", { virtual: mark(5) });
  expect(content()).toMatch(
    /^\[.*\] 3 messages lost: log file .* could not be written: ENOSPC.*\n\[.*\] Added virtual server: 4\n\[.*\] Added virtual server: 5\n$/,
  );
});

test("a second trouble is an episode of its own", () => {
  const { path, last, logger } = setUp();
  symlinkSync("/dev/full", path);
  logger.event("virtual-added", { virtual: mark(1) });
  unlinkSync(path);
  logger.event("virtual-added", { virtual: mark(2) });
  unlinkSync(path);
  symlinkSync("/dev/full", path);
  logger.event("virtual-added", { virtual: mark(3) });
  expect(last).toHaveLength(2);
});

test("a folder that is not there never throws", () => {
  const { last, logger } = setUp("/nonexistent/folder/x.log");
  logger.event("virtual-added", { virtual: mark(1) });
  expect(last[0]).toContain("ENOENT");
});
