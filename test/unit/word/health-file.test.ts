import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, uptime } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type HealthFile, keepHealthFile } from "../../../src/word/health-file.ts";

let folder = "";
let path = "";
const files: HealthFile[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "health-file-"));
  path = join(folder, "web.health");
});
afterEach(async () => {
  await Promise.all(files.splice(0).map((file) => file.end(true)));
  rmSync(folder, { recursive: true, force: true });
});

function setUp(beatMs = 20) {
  const said: string[] = [];
  let body = "end 0\n";
  const file = keepHealthFile({
    ...{ path, beatMs },
    body: () => body,
    onFailed: (cause) => said.push(cause.replace(/,.*/, "")),
    onRecovered: () => said.push("recovered"),
  });
  files.push(file);
  return {
    ...{ said, file },
    show(text: string) {
      body = text;
      file.changed();
    },
  };
}
const until = (look: () => void) => vi.waitFor(look, { timeout: 10_000, interval: 5 });
const content = () => readFileSync(path, "utf8");
const beat = (): number => Number(/(\S+)\n/.exec(content())?.[1]);
const bodyThere = (text: string) => until(() => expect(content().split("\n", 2)[1]).toBe(text));

test("it is there at once, for all to read, whatever the umask is", async () => {
  const umask = process.umask(0o077);
  try {
    path = join(folder, "run", "web.health");
    setUp();
    await bodyThere("end 0");
  } finally {
    process.umask(umask);
  }
  expect(statSync(path).mode & 0o777).toBe(0o644);
  expect(Math.abs(beat() - uptime())).toBeLessThan(5);
  expect(readdirSync(join(folder, "run"))).toEqual(["web.health"]);
});

test("the heartbeat goes on in place; a change makes another file", async () => {
  const { show } = setUp();
  await bodyThere("end 0");
  const [{ ino }, first, size] = [statSync(path), beat(), content().length];
  await until(() => expect(beat()).toBeGreaterThan(first));
  expect([statSync(path).ino, content().length]).toEqual([ino, size]);
  show("5 usable 1 1 fwm\nend 1\n");
  await bodyThere("5 usable 1 1 fwm");
  expect(statSync(path).ino).not.toBe(ino);
});

test("of many changes few are written, and the last one is", async () => {
  const { show } = setUp(100_000);
  await bodyThere("end 0");
  const seen = new Set<number>();
  for (let i = 1; i <= 1_000; i++) {
    show(`end ${i}\n`);
    seen.add(statSync(path).ino);
    if (i % 10 === 0) await new Promise(setImmediate);
  }
  await bodyThere("end 1000");
  expect(seen.size).toBeLessThan(10);
});

test("a link in its place is not followed, nor one that waits where it is made", async () => {
  const target = join(folder, "passwd");
  writeFileSync(target, "root\n");
  symlinkSync(target, path);
  symlinkSync(target, `${path}.new`);
  setUp();
  await until(() => expect(lstatSync(path).isFile()).toBe(true));
  expect(readFileSync(target, "utf8")).toBe("root\n");
  expect(existsSync(`${path}.new`)).toBe(false);
});

test("taken away, or replaced by another's, it comes again", async () => {
  setUp();
  await bodyThere("end 0");
  unlinkSync(path);
  await bodyThere("end 0");
  writeFileSync(`${path}.other`, "another\n");
  renameSync(`${path}.other`, path);
  await bodyThere("end 0");
  rmSync(folder, { recursive: true });
  await bodyThere("end 0");
});

test("what can not be written is told once, tried again, and has no heartbeat meanwhile", async () => {
  const { said, show } = setUp();
  await bodyThere("end 0");
  // Where the new one is made there is what can not be taken away.
  mkdirSync(`${path}.new`);
  writeFileSync(join(`${path}.new`, "x"), "");
  show("end 1\n");
  await until(() => expect(said).toHaveLength(1));
  const last = beat();
  const to = uptime() + 0.2;
  await until(() => expect(uptime()).toBeGreaterThan(to));
  expect(beat()).toBe(last);
  expect(said).toHaveLength(1);
  rmSync(`${path}.new`, { recursive: true });
  await bodyThere("end 1");
  expect(said.slice(1)).toEqual(["recovered"]);
  await until(() => expect(beat()).toBeGreaterThan(last));
});

test("a folder in its place, from the start", async () => {
  mkdirSync(path);
  const { said } = setUp();
  await until(() => expect(said).toEqual([expect.stringMatching(/^E(ISDIR|EXIST|NOTEMPTY)/)]));
  rmdirSync(path);
  await bodyThere("end 0");
  expect(said.slice(1)).toEqual(["recovered"]);
});

test("at the end it is gone; left, it stays without a heartbeat", async () => {
  const first = setUp();
  await bodyThere("end 0");
  await first.file.end(true);
  expect(readdirSync(folder)).toEqual([]);
  const second = setUp();
  await bodyThere("end 0");
  await second.file.end(false);
  const last = beat();
  second.show("end 1\n");
  const to = uptime() + 0.4;
  await until(() => expect(uptime()).toBeGreaterThan(to));
  expect(beat()).toBe(last);
  expect(content()).toContain("\nend 0\n");
});

test("at the end another's is left", async () => {
  const { file } = setUp(100_000);
  await bodyThere("end 0");
  symlinkSync("/elsewhere", `${path}.other`);
  renameSync(`${path}.other`, path);
  await file.end(true);
  expect(readlinkSync(path)).toBe("/elsewhere");
});
