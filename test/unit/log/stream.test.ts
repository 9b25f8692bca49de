import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLogger } from "../../../src/log/create-logger.ts";
import { stderrSink, supervisedSink } from "../../../src/log/sinks/stream.ts";
import { tcp } from "../../support/builders.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "log-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const now = () => new Date(2026, 10, 22, 17, 17, 29).getTime();

test("supervised: ctime and the message, nothing else", () => {
  const path = join(folder, "out");
  const fd = openSync(path, "w");
  const logger = createLogger([supervisedSink(fd)], { now });
  logger.event("config-reread", {});
  logger.debug("not for here");
  closeSync(fd);
  expect(readFileSync(path, "utf8")).toBe(
    "[Sun Nov 22 17:17:29 2026]  - reread new configuration\n",
  );
});

test("-d: the bare message, and debug lines marked as such", () => {
  const path = join(folder, "out");
  const fd = openSync(path, "w");
  const logger = createLogger([stderrSink(fd)], { now, level: "debug" });
  logger.event("virtual-added", { virtual: tcp("10.0.0.1:80") });
  logger.debug("Checking");
  closeSync(fd);
  expect(readFileSync(path, "utf8")).toBe("Added virtual server: 10.0.0.1:80\nDEBUG2: Checking\n");
});

test("a pipe whose reader sleeps costs messages and never holds us up; the reader is told how many", () => {
  const path = join(folder, "pipe");
  execFileSync("mkfifo", [path]);
  const reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const writer = openSync(path, "w"); // as a shell would hand it to us: blocking
  const destination = supervisedSink(writer);
  const logger = createLogger([destination], { now });
  const text = "x".repeat(1000);
  for (let i = 0; i < 100; i++) logger.event("config-error", { text });

  const buffer = Buffer.alloc(1 << 20);
  const read = () => buffer.subarray(0, readSync(reader, buffer)).toString();
  const first = read();
  expect(first.length).toBeGreaterThan(50_000);
  expect(first.length).toBeLessThanOrEqual(65_536);
  logger.event("config-reread", {});
  expect(read()).toMatch(
    /\] \d+ messages lost: .*EAGAIN.*\n\[.*\] {2}- reread new configuration\n$/,
  );
  logger.close();
  closeSync(writer);
  closeSync(reader);
});
