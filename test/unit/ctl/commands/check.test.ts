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
  folder = mkdtempSync(join(tmpdir(), "ctl-check-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const web = (more = ""): string => `virtual=192.0.2.1:80
\treal=192.0.2.11:80 gate 5
\treal=192.0.2.12:80 gate
\tscheduler=wrr
${more}`;

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function ctl(args: readonly string[], more: Partial<Screen> = {}) {
  const { terminal, heard } = heardTerminal();
  const code = await runCtl(args, { ...terminal, columns: undefined, hasColour: false, ...more });
  return { code, out: heard.out.replaceAll(`${folder}/`, ""), err: heard.err };
}

test("a file with nothing to say of it", async () => {
  const path = write("web.cf", web());
  const out = "web.cf: ldirectord takes it: 1 virtual service, 2 real servers\n";
  expect(await ctl(["check", path])).toEqual({ code: 0, out, err: "" });
  expect(await ctl(["-c", path, "check"])).toEqual({ code: 0, out, err: "" });
});

test("each mistake and warning with its line, in the file's order", async () => {
  const path = write("web.cf", web("\tschedulr=rr\n\tscheduler=wrrr\n\tcheckport=x\n"));
  expect(await ctl(["check", path])).toMatchObject({ code: 2, err: "" });
  const { out } = await ctl(["check", path]);
  expect(out.split("\n")).toEqual([
    expect.stringMatching(/^web\.cf:5:2: error: schedulr: .*did you mean "scheduler"\?/),
    "     5 |         schedulr=…",
    "       |         ^",
    expect.stringMatching(/^web\.cf:6:12: warning: scheduler: "wrrr" .*did you mean "wrr"\?/),
    "     6 |         scheduler=wrrr",
    "       |                   ^",
    expect.stringMatching(/^web\.cf:7:12: error: checkport: "x" is not a port number/),
    "     7 |         checkport=x",
    "       |                   ^",
    "web.cf: 2 mistakes, 1 warning, ldirectord refuses it",
    "",
  ]);
});

test("warnings alone are another exit than mistakes", async () => {
  const path = write("web.cf", web("\tscheduler=wrrr\n"));
  const { code, out } = await ctl(["check", path]);
  expect(code).toBe(1);
  expect(out).toMatch(/\nweb\.cf: 1 warning, ldirectord takes it: 1 virtual service, /);
});

test("of a line that may hold a password only the begin is shown", async () => {
  const secret = "hush-hush";
  const path = write("web.cf", web(`\tpasword="${secret}"\n\tsecret=${secret}\n\tcheckport=x\n`));
  const { code, out } = await ctl(["check", path]);
  expect(code).toBe(2);
  expect(out).toContain("web.cf:5:2: error: pasword: ");
  expect(out).toContain("     7 |         checkport=x\n");
  expect(out).toContain("     5 |         pasword=…\n       |         ^\n");
  expect(out).not.toContain(secret);
});

test("the ini beside it, and the files that it starts, are checked with it", async () => {
  write("ldirectord-ng.ini", "[table]\nbackend = kernl\n");
  write("other.cf", web("\tnonsense\n"));
  const path = write("web.cf", `execute=${join(folder, "other.cf")}\n${web()}`);
  expect((await ctl(["check", path])).out).toContain(
    'ldirectord-ng.ini:2:1: error: backend: "kernl" is neither kernel nor embedded',
  );
  write("ldirectord-ng.ini", "");
  const { code, out } = await ctl(["check", path]);
  expect(code).toBe(2);
  expect(out).toMatch(/^web\.cf: ldirectord takes it: /);
  expect(out).toMatch(/\nother\.cf: 1 mistake, ldirectord refuses it\n$/);
  write("other.cf", `execute=${path}\n${web()}`);
  expect((await ctl(["check", path])).code).toBe(0);
});

test("a file that is not there", async () => {
  const path = join(folder, "gone.cf");
  expect(await ctl(["check", path])).toEqual({
    code: 2,
    out: "",
    err: `Config file ${path} not found\n`,
  });
  const first = write("web.cf", `execute=${path}\n${web()}`);
  expect(await ctl(["check", first])).toMatchObject({
    code: 2,
    err: expect.stringContaining(path),
  });
});

test("--json: the same, for programs", async () => {
  const path = write("web.cf", web("\tscheduler=wrrr\n"));
  const { code, out } = await ctl(["check", "--json", path]);
  expect(code).toBe(1);
  expect(JSON.parse(out)).toEqual({
    version: 1,
    files: [
      {
        path: "web.cf",
        mistakes: 0,
        warnings: 1,
        found: [
          {
            path: "web.cf",
            severity: "warning",
            line: 5,
            column: 12,
            directive: "scheduler",
            message: expect.stringContaining('"wrrr"'),
          },
        ],
        virtualServices: 1,
        realServers: 2,
      },
    ],
  });
});

test("a file of a thousand mistakes and more is counted to its end", async () => {
  const path = write("web.cf", web("\tnonsense=1\n".repeat(1500)));
  const { code, out } = await ctl(["check", path]);
  expect(code).toBe(2);
  expect(out).toMatch(/… and 500 more\nweb\.cf: 1500 mistakes, ldirectord refuses it\n$/);
});

test("on a terminal lines are broken to fit, and what is what has a colour", async () => {
  const path = write("web.cf", web(`\tschedulr=${"a".repeat(300)}\n`));
  const { out } = await ctl(["check", path], { columns: 60, hasColour: true });
  expect(out).toContain("\x1b[31merror\x1b[0m");
  const plain = stripVTControlCharacters(out).split("\n");
  const folderChars = folder.length + 1;
  for (const line of plain) expect(line.length).toBeLessThanOrEqual(60 + folderChars);
});

test("what the file says cannot command the terminal", async () => {
  const path = write("web.cf", web("\tsched\x1b[2Julr=rr\n"));
  expect((await ctl(["check", path])).out).not.toContain("\x1b");
});

test.for([
  [["chek"], "(Did you mean check?)"],
  [["check", "--jsn", "x.cf"], "(Did you mean --json?)"],
  [["check", "a.cf", "b.cf"], "too many arguments"],
  [[], "Usage: ldirectorctl"],
] as const)("a command line that makes no sense ends with 64: %j", async ([args, told]) => {
  const { code, out, err } = await ctl(args);
  expect({ code, out }).toEqual({ code: 64, out: "" });
  expect(err).toContain(told);
});

test("help and version", async () => {
  expect(await ctl(["--help"])).toMatchObject({ code: 0, out: expect.stringContaining("check") });
  expect(await ctl(["--version"])).toMatchObject({ code: 0, out: "0.1.0\n" });
});
