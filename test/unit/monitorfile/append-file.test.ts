import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { appendFile } from "../../../src/monitorfile/append-file.ts";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "append-test-"));
  path = join(folder, "monitor");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function setUp() {
  const said: string[] = [];
  const file = appendFile(path, {
    onFailed: (cause) => said.push(cause.replace(/,.*/, "")),
    onRecovered: (lost) => said.push(`lost ${lost}`),
  });
  const add = (...lines: string[]) => {
    for (const line of lines) file.add(`${line}\n`);
    return file.settled();
  };
  return { said, file, add, content: () => readFileSync(path, "utf8") };
}

test("the file is made at once, and lines come in their order", async () => {
  const { file, add, content } = setUp();
  await file.settled();
  expect(content()).toBe("");
  await add("a", "b");
  await add("c");
  expect(content()).toBe("a\nb\nc\n");
});

test("what is there stays", async () => {
  await setUp().add("before");
  const { add, content } = setUp();
  await add("after");
  expect(content()).toBe("before\nafter\n");
});

test("renamed underneath, the next line makes a new one, without a signal", async () => {
  const { add, content } = setUp();
  await add("before");
  renameSync(path, `${path}.1`);
  await add("after");
  expect(content()).toBe("after\n");
  expect(readFileSync(`${path}.1`, "utf8")).toBe("before\n");
});

test("a full disk is told once, and what was lost when there is room again", async () => {
  symlinkSync("/dev/full", path);
  const { said, add, content } = setUp();
  await add("a", "b");
  await add("c");
  expect(said).toEqual(["ENOSPC: no space left on device"]);
  unlinkSync(path);
  await add("d");
  expect(said.slice(1)).toEqual(["lost 3"]);
  expect(content()).toBe("d\n");
  symlinkSync("/dev/full", `${path}.2`);
  renameSync(`${path}.2`, path);
  await add("e");
  expect(said.slice(2)).toEqual(["ENOSPC: no space left on device"]);
});

test("a folder in its place, at the start and later", async () => {
  mkdirSync(path);
  const { said, file, add } = setUp();
  await file.settled();
  await add("a");
  expect(said).toEqual(["EISDIR: illegal operation on a directory"]);
  rmdirSync(path);
  await add("b");
  expect(said.slice(1)).toEqual(["lost 1"]);
});

test("a folder that is gone holds up nobody and comes back", async () => {
  const { said, add, content } = setUp();
  await add("a");
  rmSync(folder, { recursive: true });
  await add("b");
  expect(said).toEqual(["ENOENT: no such file or directory"]);
  expect(existsSync(folder)).toBe(false);
  mkdirSync(folder);
  await add("c");
  expect(content()).toBe("c\n");
});

test("more than waits for a slow disk is lost, not kept", async () => {
  const { said, add, content } = setUp();
  const line = "x".repeat(1_000_000);
  await add(line, line, line, line, line, line);
  expect(content()).toBe(`${line}\n`.repeat(4));
  expect(said).toEqual(["the disk is too slow", "lost 2"]);
  await add("y");
  expect(content().endsWith("x\ny\n")).toBe(true);
});
