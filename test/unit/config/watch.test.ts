import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { contentHash, hashOfBoth } from "../../../src/config/content-hash.ts";
import { type ConfigWatch, watchConfig } from "../../../src/config/watch.ts";

const intervalMs = 20;
const hash = (text: string) => contentHash(Buffer.from(text));
let folder = "";
let path = "";
let watch: ConfigWatch | undefined;
let heard: string[] = [];
let wake: () => void = () => {};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "watch-"));
  path = join(folder, "a.cf");
  heard = [];
});

afterEach(() => {
  watch?.stop();
  rmSync(folder, { recursive: true });
});

function start(known: string): void {
  const hear = (word: string) => {
    heard.push(word);
    wake();
  };
  watch = watchConfig(path, {
    hash: hash(known),
    intervalMs,
    onChange: hear,
    onUnreadable: () => hear("unreadable"),
  });
}

/** Resolves once so many things have been heard. */
async function hears(count: number): Promise<void> {
  while (heard.length < count) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}

test("a write in place is heard", async () => {
  writeFileSync(path, "one");
  start("one");
  writeFileSync(path, "two");
  await hears(1);
  expect(heard).toEqual([hash("two")]);
});

test("an atomic rename is heard", async () => {
  writeFileSync(path, "one");
  start("one");
  writeFileSync(`${path}.new`, "two");
  renameSync(`${path}.new`, path);
  await hears(1);
  expect(heard).toEqual([hash("two")]);
});

test("a link that points elsewhere is heard", async () => {
  for (const name of ["one", "two"]) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "a.cf"), name);
  }
  symlinkSync("one", join(folder, "now"));
  path = join(folder, "now", "a.cf");
  start("one");
  symlinkSync("two", join(folder, "next"));
  renameSync(join(folder, "next"), join(folder, "now"));
  await hears(1);
  expect(heard).toEqual([hash("two")]);
});

test("another content with the same size and time of writing is heard", async () => {
  writeFileSync(path, "one");
  utimesSync(path, 1_000_000, 1_000_000);
  start("one");
  writeFileSync(path, "two");
  utimesSync(path, 1_000_000, 1_000_000);
  await hears(1);
  expect(heard).toEqual([hash("two")]);
});

test("a change between the load and the watch is heard", async () => {
  writeFileSync(path, "two");
  start("one");
  await hears(1);
  expect(heard).toEqual([hash("two")]);
});

test("a file that goes is told once, and its return with another content is heard", async () => {
  writeFileSync(path, "one");
  start("one");
  rmSync(path);
  await hears(1);
  writeFileSync(path, "two");
  await hears(2);
  expect(heard).toEqual(["unreadable", hash("two")]);
});

test("a FIFO in its place holds nothing up: it is unreadable, and a file after it is heard", async () => {
  writeFileSync(path, "one");
  start("one");
  rmSync(path);
  execFileSync("mkfifo", [path]);
  await hears(1);
  writeFileSync(`${path}.new`, "two");
  renameSync(`${path}.new`, path);
  await hears(2);
  expect(heard).toEqual(["unreadable", hash("two")]);
});

test("an edit that was loaded, and taken back before the load was done, is heard", async () => {
  writeFileSync(path, "one");
  start("one");
  // HUP has read "two", which took a while; "one" is back, and the watch has seen nothing else.
  watch?.accept(hash("two"));
  await hears(1);
  expect(heard).toEqual([hash("one")]);
});

test("a touch, a return to what it was, and what is known already are no changes", async () => {
  writeFileSync(path, "one");
  start("one");
  utimesSync(path, 2_000_000, 2_000_000);
  writeFileSync(path, "two");
  watch?.accept(hash("two"));
  utimesSync(path, 3_000_000, 3_000_000);
  // Only now something that is a change; nothing may have been heard before it.
  writeFileSync(path, "three");
  await hears(1);
  expect(heard).toEqual([hash("three")]);
});

describe("a file beside it", () => {
  let beside = "";
  const both = (own: string, other: string) => hashOfBoth(hash(own), hash(other));
  function startBoth(known: string): void {
    beside = join(folder, "b.ini");
    watch = watchConfig(path, {
      beside,
      hash: known,
      intervalMs,
      onChange: (found, changed) => {
        heard.push(`${changed} ${found}`);
        wake();
      },
      onUnreadable: (unreadable) => {
        heard.push(`unreadable ${unreadable}`);
        wake();
      },
    });
  }

  test("may be missing; that it comes, changes and goes is heard, and which of the two changed", async () => {
    writeFileSync(path, "one");
    startBoth(hash("one"));
    writeFileSync(beside, "b");
    await hears(1);
    writeFileSync(beside, "c");
    await hears(2);
    writeFileSync(path, "two");
    await hears(3);
    rmSync(beside);
    await hears(4);
    expect(heard).toEqual([
      `${beside} ${both("one", "b")}`,
      `${beside} ${both("one", "c")}`,
      `${path} ${both("two", "c")}`,
      `${beside} ${hash("two")}`,
    ]);
  });

  test("that cannot be read is told by its name", async () => {
    writeFileSync(path, "one");
    startBoth(hash("one"));
    mkdirSync(beside);
    await hears(1);
    expect(heard).toEqual([`unreadable ${beside}`]);
  });
});
