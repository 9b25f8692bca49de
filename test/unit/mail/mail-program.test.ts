import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Mail } from "../../../src/mail/compose.ts";
import { sendByProgram } from "../../../src/mail/mail-program.ts";
import { createCommandRunner } from "../../../src/programs/runner.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mail-program-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const mail = (message: string): Mail => ({ envelope: { from: "", to: [] }, message });
const at = (name: string): string => join(folder, name);
const write = (name: string, body: string, mode = 0o755) =>
  writeFileSync(at(name), `#!/bin/sh\n${body}\n`, { mode });

function send(message: string, ...names: string[]) {
  const log = memoryLog();
  const programs = names.map((name) => [at(name), "-t"] as const);
  return {
    log,
    sent: sendByProgram(createCommandRunner({ logger: log }), programs, mail(message)),
  };
}

test("the first that may be run gets the mail on its standard input", async () => {
  write("one", "echo wrong > one.out", 0o644);
  write("two", `echo "$@" > ${at("args")}; cat > ${at("out")}`);
  write("three", `touch ${at("third")}`);
  const message = `To: a@b\n\n${"x".repeat(300_000)}\n`;
  await send(message, "none", "one", "two", "three").sent;
  expect(readFileSync(at("out"), "utf8")).toBe(message);
  expect(readFileSync(at("args"), "utf8")).toBe("-t\n");
  expect(existsSync(at("third"))).toBe(false);
});

test("one that reads nothing and is content is believed", async () => {
  write("deaf", "exec true");
  const { log, sent } = send("x".repeat(300_000), "deaf");
  await sent;
  expect(log.lines).toEqual([]);
});

test("one that fails says so", async () => {
  write("full", "exit 75");
  const { log, sent } = send("x", "full");
  await expect(sent).rejects.toThrow(`${at("full")} did not take it`);
  expect(log.lines).toEqual([`system(${at("full")} -t) failed: exit status 75`]);
});

test("none: it is told where one was sought", async () => {
  const { sent } = send("x", "none", "nobody");
  await expect(sent).rejects.toThrow(
    `there is no mail program (${at("none")}, ${at("nobody")}); install one, or set smtp=`,
  );
});
