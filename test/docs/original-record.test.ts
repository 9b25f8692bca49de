/** A record of the original cannot hide that it is missing, of another input, or out of date. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { OriginalRecord, type RecordMode } from "../stages/parity/record.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ldng-record-"));
  vi.stubEnv("PARITY_RECORDED_FROM", folder);
  vi.stubEnv("PARITY_ONLY", undefined);
  open("write")
    .of("a case", "input")
    .note("end", { log: ["Deleted"], stdout: [] });
  written?.close();
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

let written: OriginalRecord | undefined;
function open(mode: RecordMode, name = "a group"): OriginalRecord {
  vi.stubEnv("PARITY_RECORD", mode);
  written = OriginalRecord.open("groups", name);
  return written;
}

test("what was written is read, and the original does not run", () => {
  const record = open("read");
  expect(record.who).toEqual(["ours"]);
  expect(record.of("a case", "input").original("end")).toEqual({ log: ["Deleted"] });
});

test.each<RecordMode>(["read", "both"])("%s: another input is told", (mode) => {
  const { lacks } = open(mode).of("a case", "other input");
  expect(lacks).toEqual([
    expect.stringMatching(/^recorded with another input; record it: npm run /),
  ]);
});

test.each<RecordMode>(["read", "both"])("%s: a case that was not recorded is told", (mode) => {
  const made = open(mode).of("another case", "input");
  expect(made.lacks).toEqual([expect.stringMatching(/^not recorded; record it: npm run /)]);
  expect(made.original("end")).toBeUndefined();
});

test("a list that was never recorded is run beside the original", () => {
  expect(open("read", "another group").who).toEqual(["ours", "original"]);
});

test("both: an original that does otherwise than recorded is told, line by line", () => {
  const record = open("both");
  expect(record.who).toEqual(["ours", "original"]);
  const made = record.of("a case", "input");
  expect(made.stale("end", { log: ["Deleted"] })).toEqual([]);
  expect(made.stale("end", { log: ["Added"] })).toEqual([
    "the record is stale (as recorded): log, original only: Deleted",
    "the record is stale (now): log, original only: Added",
  ]);
});

test("both: a record of another version is told", () => {
  const file = join(folder, "groups/a-group.json");
  writeFileSync(file, readFileSync(file, "utf8").replace(/"program": "[^"]*"/, '"program": "old"'));
  const { lacks } = open("both").of("a case", "input");
  expect(lacks).toEqual([expect.stringMatching(/^recorded of old, and this is /)]);
});
