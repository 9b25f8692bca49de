import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Findings } from "../../../../src/keepalived/finding.ts";
import { readSource } from "../../../../src/keepalived/text/read-source.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keepalived-source-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string | Uint8Array): void {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), text);
}

async function read(name: string) {
  const findings = new Findings();
  const lines = await readSource(join(folder, name), findings);
  return {
    lines: lines.map(({ file, line, text }) => `${file.slice(folder.length + 1)}:${line} ${text}`),
    found: findings.kept.map(
      ({ line, meaning }) => `${line} ${meaning.replaceAll(`${folder}/`, "")}`,
    ),
  };
}

test("what a file includes stands in the place of the line, with its own places", async () => {
  write("k.conf", "one\r\ninclude sub/a.conf\r\nfour");
  write("sub/a.conf", "include b.conf\ntwo");
  write("sub/b.conf", "deep");
  expect(await read("k.conf")).toEqual({
    lines: ["k.conf:1 one", "sub/b.conf:1 deep", "sub/a.conf:2 two", "k.conf:3 four"],
    found: [],
  });
});

test("wildcards, in the order of the names; in folders, too", async () => {
  write("k.conf", `include ${folder}/c*/[0-9]*.conf`);
  write("c1/20.conf", "b");
  write("c1/10.conf", "a");
  write("c2/05.conf", "c");
  write("c2/x.conf", "x");
  expect((await read("k.conf")).lines).toEqual([
    "c1/10.conf:1 a",
    "c1/20.conf:1 b",
    "c2/05.conf:1 c",
  ]);
});

test("a file that includes itself, one that is not there, and a folder: told, and the rest is read", async () => {
  write("k.conf", "include k.conf\ninclude gone.conf\ninclude sub\ninclude none/*\nend");
  write("sub/x", "");
  const { lines, found } = await read("k.conf");
  expect(lines).toEqual(["k.conf:5 end"]);
  expect(found).toEqual([
    "1 k.conf is being read already: it is left out",
    expect.stringContaining("2 gone.conf can not be read: ENOENT"),
    "3 sub can not be read: it is a directory: it is left out",
    "4 there is no such file: it is left out",
  ]);
});

test("a tower of includes ends", async () => {
  for (let i = 0; i < 40; i += 1) write(`${i}.conf`, `include ${i + 1}.conf\nline`);
  const { lines, found } = await read("0.conf");
  expect(lines.length).toBeLessThan(20);
  expect(found).toEqual(["1 includes are more than 16 deep here: it is left out"]);
});

test("files that include many one after another end, too", async () => {
  for (let i = 0; i < 12; i += 1) write(`${i}.conf`, `include ${i + 1}.conf\n`.repeat(4));
  write("12.conf", "");
  const { found } = await read("0.conf");
  expect(found.some((each) => each.includes("more than 1000 files"))).toBe(true);
});

test("Latin-1 is read as that, and a mark at the begin is none", async () => {
  write("k.conf", Uint8Array.of(0x23, 0xfc));
  expect((await read("k.conf")).lines).toEqual(["k.conf:1 #ü"]);
  write("k.conf", "\ufeffone");
  expect((await read("k.conf")).lines).toEqual(["k.conf:1 one"]);
});

test("a file that can not be read is no finding", async () => {
  await expect(read("gone.conf")).rejects.toThrow("ENOENT");
});
