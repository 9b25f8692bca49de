import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Follower } from "../../../src/role/answers.ts";
import { followFile } from "../../../src/role/by-file.ts";
import type { Word } from "../../../src/role/role.ts";

let folder: string;
let path: string;
let follower: Follower | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "role-"));
  path = join(folder, "role");
});
afterEach(() => {
  follower?.stop();
  rmSync(folder, { recursive: true });
});

const words: Word[] = [];
/** @param intervalMs longer than the test, where a change is to be seen by itself */
function follow(intervalMs = 60_000) {
  words.length = 0;
  follower = followFile(path, intervalMs, (word) => words.push(word));
}
const said = () => words.map((word) => (word.kind === "role" ? word.role : "unknown"));

test.for<[name: string, text: string, word: Partial<Word>]>([
  ["active, a line", "active\n", { kind: "role", role: "active" }],
  ["spare, no line", "spare", { kind: "role", role: "spare" }],
  [
    "spare after blanks, and more behind it",
    "\n  spare since noon\nactive\n",
    { kind: "role", role: "spare" },
  ],
  ["nothing", "", { kind: "unknown" }],
  ["half a word", "act", { kind: "unknown" }],
  ["more than the word", "actively", { kind: "unknown" }],
  ["in capitals", "ACTIVE", { kind: "unknown" }],
  ["binary", "\0active", { kind: "unknown" }],
  ["beyond what is read", `${" ".repeat(100)}active`, { kind: "unknown" }],
  ["much of what a terminal would do", "\x1b[2J".repeat(100_000), { kind: "unknown" }],
])("%s", async ([, text, word]) => {
  writeFileSync(path, text);
  follow();
  await vi.waitFor(() => expect(words).toHaveLength(1), { timeout: 10_000 });
  expect(words[0]).toMatchObject(word);
  if (word.kind === "unknown") {
    expect(words[0]).toMatchObject({ why: `${path} begins with neither active nor spare` });
  }
});

test.for<[name: string, make: () => void, why: string]>([
  ["nothing", () => {}, "can not be read: ENOENT"],
  ["a folder", () => mkdirSync(path), "is not a regular file"],
  ["a FIFO that nobody writes to", () => execFileSync("mkfifo", [path]), "is not a regular file"],
])("%s in its place", async ([, make, why]) => {
  make();
  follow();
  await vi.waitFor(() => expect(words).toEqual([{ kind: "unknown", why: `${path} ${why}` }]), {
    timeout: 10_000,
  });
});

test("a change is seen at once, in place or by rename", async () => {
  writeFileSync(path, "spare\n");
  follow();
  await vi.waitFor(() => expect(said()).toEqual(["spare"]), { timeout: 10_000 });
  writeFileSync(path, "active\n");
  await vi.waitFor(() => expect(said().at(-1)).toBe("active"), { timeout: 10_000 });
  writeFileSync(`${path}.new`, "spare\n");
  renameSync(`${path}.new`, path);
  await vi.waitFor(() => expect(said().at(-1)).toBe("spare"), { timeout: 10_000 });
  expect(said()).not.toContain("unknown");
});

test("a folder that comes later is found by looking", async () => {
  rmSync(folder, { recursive: true });
  follow(20);
  await vi.waitFor(() => expect(said()[0]).toBe("unknown"), { timeout: 10_000 });
  mkdirSync(folder);
  writeFileSync(path, "active\n");
  await vi.waitFor(() => expect(said().at(-1)).toBe("active"), { timeout: 10_000 });
});
