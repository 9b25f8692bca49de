import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCtl } from "../../../../src/ctl/program.ts";
import type { Screen } from "../../../../src/ctl/screen.ts";
import { heardTerminal } from "../../../support/fakes/heard-terminal.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ctl-simulate-"));
  write(
    "web.cf",
    `checkinterval=10
virtual=192.0.2.1:80
\treal=192.0.2.11:80 masq 5
\tfallback=127.0.0.1:80
virtual=192.0.2.1:443
\treal=192.0.2.11:443 masq 5
`,
  );
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function simulated(
  script: string,
  words: readonly string[] = [],
  more: Partial<Screen> = {},
) {
  const { terminal, heard } = heardTerminal();
  const path = write("night.txt", script);
  const args = ["simulate", ...words, join(folder, "web.cf"), path];
  const code = await runCtl(args, { ...terminal, columns: undefined, hasColour: false, ...more });
  return { code, out: heard.out, err: heard.err.replaceAll(`${folder}/`, "") };
}

test("a night without trouble ends with the table", async () => {
  const { code, out, err } = await simulated("until 1m");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out.split("\n").slice(-6)).toEqual([
    expect.stringMatching(/^01:00\.0 {2}the end, after \d+ checks; the table:$/),
    "  tcp:192.0.2.1:80 wrr",
    "    -> 192.0.2.11:80            masq  5",
    "  tcp:192.0.2.1:443 wrr",
    "    -> 192.0.2.11:443           masq  5",
    "",
  ]);
});

test("a service that had nobody is told, with its length, and by the exit code", async () => {
  const { code, out } = await simulated("at 20s 192.0.2.11 down\nuntil 1m\n");
  expect(code).toBe(1);
  expect(out).toMatch(/\n00:\d\d\.\d {2}192\.0\.2\.11:443 \(192\.0\.2\.1:443\) down: refused\n/);
  expect(out).toMatch(
    /\ntcp:192\.0\.2\.1:443 had nobody for \d+\.\d s, from 00:\d\d\.\d on to the end\n$/,
  );
  expect(out).not.toContain("tcp:192.0.2.1:80 had nobody");
});

test("mistakes of the script, its servers and its files are told with their place", async () => {
  expect(await simulated("at 1s 192.0.2.11 dwon\n")).toEqual({
    code: 2,
    out: "",
    err: 'night.txt:1:18: "dwon" is none of down, up, slow; did you mean "down"?\n',
  });
  write("broken.cf", "virtual=192.0.2.1:80\n\tnonsense\n");
  const { code, err } = await simulated("192.0.2.12:80 down\nreload broken.cf\nreload none.cf\n");
  expect(code).toBe(2);
  expect(err).toMatch(/broken\.cf:2:\d+: error: nonsense/);
  expect(err).toContain("night.txt:1:1: no real= line names 192.0.2.12:80; did you mean");
  expect(err).toContain("night.txt:2:8: reload broken.cf: it cannot be taken up\n");
  expect(err).toContain("night.txt:3:8: reload none.cf: it cannot be taken up\n");
});

test("--json has the whole story", async () => {
  const { code, out } = await simulated("at 20s 192.0.2.11:443 down\nuntil 30s", ["--json"]);
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    version: 1,
    lengthMs: 30_000,
    outages: [{ virtual: "tcp:192.0.2.1:443" }],
    table: [{ dests: [{ weight: 5 }] }, { dests: [] }],
  });
});

test("it fits in 80 columns", async () => {
  const { out } = await simulated("at 20s 192.0.2.11 down", [], { columns: 80, hasColour: true });
  expect(out).toContain("\x1b[31m");
  for (const line of stripVTControlCharacters(out).split("\n")) {
    expect(line.length).toBeLessThanOrEqual(80);
  }
});

test("what would take for ever is refused", async () => {
  const reals = Array.from({ length: 40 }, (_, nth) => `\treal=192.0.2.${nth + 1}:80 masq\n`);
  write("web.cf", `checkinterval=1\nvirtual=10.0.0.1:80\n${reals.join("")}`);
  const { code, err } = await simulated("until 7d");
  expect(code).toBe(2);
  expect(err).toMatch(/^night\.txt:1:1: until: \d+ checks are too many to simulate/);
});
