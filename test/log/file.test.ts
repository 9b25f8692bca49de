import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLogger } from "../../src/log/create-logger.ts";
import { fileDestination } from "../../src/log/file.ts";
import { withoutDescriptors } from "../fakes/no-descriptors.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "log-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const secondOfNovember = new Date(2026, 10, 2, 6, 7, 8).getTime();

function setUp(path = join(folder, "x.log")) {
  const last: string[] = [];
  const file = fileDestination(path, "web.cf", 4711, (text) => last.push(text));
  const logger = createLogger([file], { now: () => secondOfNovember });
  return { path, last, logger, content: () => readFileSync(path, "utf8") };
}

test("a line is the original's: ctime with a blank-padded day, instance, pid", () => {
  const { logger, content } = setUp();
  logger.event("virtual-added", { virtual: "10.0.0.1:80" });
  expect(content()).toBe(
    "[Mon Nov  2 06:07:08 2026|web.cf|4711] Added virtual server: 10.0.0.1:80\n",
  );
});

test("each line of a message is a line of its own, and empty ones are left out", () => {
  const { logger, content } = setUp();
  logger.event("config-error", { text: "Error [1]: first\n \nsecond\r\n" });
  expect(
    content()
      .split("\n")
      .map((line) => line.split("] ").slice(1).join("] ")),
  ).toEqual(["Error [1]: first", "second", ""]);
});

test("a file renamed underneath is made anew at the next message, without a signal", () => {
  const { path, logger, content } = setUp();
  logger.event("virtual-added", { virtual: "before" });
  renameSync(path, `${path}.1`);
  logger.event("virtual-added", { virtual: "after" });
  expect(content()).toMatch(/^\[.*\] Added virtual server: after\n$/);
  expect(readFileSync(`${path}.1`, "utf8")).toMatch(/before\n$/);
});

test("out of descriptors: the log is written all the same", () => {
  const { logger, last, content } = setUp();
  withoutDescriptors(() => {
    for (const virtual of ["one", "two"]) logger.event("virtual-added", { virtual });
  });
  logger.close();
  expect(last).toEqual([]);
  expect(content()).toMatch(/server: one\n.*server: two\n$/);
});

test("a full disk: the first loss goes to the last resort, the rest is counted and told afterwards", () => {
  const { path, last, logger, content } = setUp();
  symlinkSync("/dev/full", path);
  for (const virtual of ["one", "two", "three"]) logger.event("virtual-added", { virtual });
  expect(last).toHaveLength(1);
  expect(last[0]).toMatch(
    /^Added virtual server: one\nlog file .*x\.log cannot be written: ENOSPC/,
  );

  unlinkSync(path);
  logger.event("virtual-added", { virtual: "four" });
  logger.event("virtual-added", { virtual: "five" });
  expect(content()).toMatch(
    /^\[.*\] 3 messages lost: log file .* could not be written: ENOSPC.*\n\[.*\] Added virtual server: four\n\[.*\] Added virtual server: five\n$/,
  );
});

test("a second trouble is an episode of its own", () => {
  const { path, last, logger } = setUp();
  symlinkSync("/dev/full", path);
  logger.event("virtual-added", { virtual: "one" });
  unlinkSync(path);
  logger.event("virtual-added", { virtual: "two" });
  unlinkSync(path);
  symlinkSync("/dev/full", path);
  logger.event("virtual-added", { virtual: "three" });
  expect(last).toHaveLength(2);
});

test("a folder that is not there never throws", () => {
  const { last, logger } = setUp("/nonexistent/folder/x.log");
  logger.event("virtual-added", { virtual: "one" });
  expect(last[0]).toContain("ENOENT");
});
