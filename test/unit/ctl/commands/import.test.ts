import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCtl } from "../../../../src/ctl/program.ts";
import type { Screen } from "../../../../src/ctl/screen.ts";
import { heardTerminal } from "../../../support/fakes/heard-terminal.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ctl-import-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const real = (more = ""): string => `real_server 10.0.1.1 80 {\n${more}\n}`;
const web = (more = "", port = 80): string =>
  `virtual_server 10.0.0.1 ${port} {\nprotocol TCP\n${more}\n${real()}\n}\n`;
const mail =
  "global_defs {\nnotification_email {\na@example.org\n}\nsmtp_server mail.example.org 587\n}\n";

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function ctl(args: readonly string[], more: Partial<Screen> = {}) {
  const { terminal, heard } = heardTerminal();
  const screen = { ...terminal, columns: undefined, hasColour: false, ...more };
  const code = await runCtl(["import", ...args], screen);
  const local = (text: string) => text.replaceAll(`${folder}/`, "");
  return { code, out: local(heard.out), err: local(heard.err) };
}

const cf = `# k.conf:1: virtual_server 10.0.0.1 80
virtual=10.0.0.1:80
        real=10.0.1.1:80 masq 1
        scheduler=wlc
        protocol=tcp
        checktype=on
`;

test("a file of which all can be said", async () => {
  const path = write("k.conf", web());
  expect(await ctl([path])).toEqual({ code: 0, out: `# ==> ldirectord.cf <==\n${cf}`, err: "" });
});

test("what can not be said: told with its line and what comes near, and the file is given all the same", async () => {
  const path = write("k.conf", web("omega"));
  expect(await ctl([path])).toEqual({
    code: 1,
    out: `# ==> ldirectord.cf <==\n${cf}`,
    err: "k.conf:3: not said: omega: scripts are run at the end, too\n    near: [daemon] fallbackcommand-at-stop in ldirectord-ng.ini\n",
  });
});

test("what is done otherwise is told, and no reason for another exit code", async () => {
  const path = write("k.conf", web("mh-port"));
  const { code, err } = await ctl([path]);
  expect(code).toBe(0);
  expect(err).toMatch(/^k\.conf:3: otherwise: mh-port: /);
});

test("the same of many lines is told once", async () => {
  const path = write("k.conf", web("bogus 1\nbogus 2\nbogus 3\nother"));
  const { err } = await ctl([path]);
  expect(err.split("\n")).toEqual([
    expect.stringMatching(/^k\.conf:3: not said: bogus 1: .* \(and so in 2 more lines\)$/),
    expect.stringMatching(/^k\.conf:6: not said: other: [^(]*$/),
    "",
  ]);
});

test("both files, when both are needed", async () => {
  const { code, out } = await ctl([write("k.conf", mail + web())]);
  expect(code).toBe(0);
  expect(out).toMatch(
    /^# ==> ldirectord\.cf <==\nemailalert=a@example\.org\nsmtp=mail\.example\.org\n/,
  );
  expect(out).toMatch(/\n\n# ==> ldirectord-ng\.ini <==\n\[email\]\nsmtp-port = 587\n$/);
});

test("--out writes them, whole, and nothing to standard output", async () => {
  const out = join(folder, "out");
  mkdirSync(out);
  expect(await ctl(["--out", out, write("k.conf", mail + web())])).toMatchObject({
    code: 0,
    out: "",
  });
  expect(readdirSync(out).sort()).toEqual(["ldirectord-ng.ini", "ldirectord.cf"]);
  expect(readFileSync(join(out, "ldirectord.cf"), "utf8")).toContain("virtual=10.0.0.1:80");
  expect(readFileSync(join(out, "ldirectord-ng.ini"), "utf8")).toBe("[email]\nsmtp-port = 587\n");
});

test.for(["ldirectord.cf", "ldirectord-ng.ini"])("--out takes no place of a %s", async (name) => {
  const conf = write("k.conf", mail + web());
  write(name, "mine");
  const { code, err } = await ctl(["--out", folder, conf]);
  expect(code).toBe(2);
  expect(err).toBe(`${name} is there already, and nothing was written\n`);
  expect(readFileSync(join(folder, name), "utf8")).toBe("mine");
  expect(readdirSync(folder).sort()).toEqual([name, "k.conf"].sort());
});

test("--out in a folder that is none", async () => {
  const { code, err } = await ctl(["--out", join(folder, "gone"), write("k.conf", web())]);
  expect(code).toBe(2);
  expect(err).toContain("it can not be written: ENOENT");
  expect(existsSync(join(folder, "gone"))).toBe(false);
});

test("--out where no folder can be", async () => {
  const conf = write("k.conf", web());
  const { code, err } = await ctl(["--out", join(conf, "below"), conf]);
  expect(code).toBe(2);
  expect(err).toMatch(/it can not be written: E(EXIST|NOTDIR)/);
});

test("--json: the same, for programs", async () => {
  const { code, out, err } = await ctl(["--json", write("k.conf", web("omega\nmh-port"))]);
  expect({ code, err }).toEqual({ code: 1, err: "" });
  expect(JSON.parse(out)).toEqual({
    version: 1,
    virtualServices: 1,
    files: { "ldirectord.cf": cf },
    notSaid: [
      {
        path: "k.conf",
        line: 3,
        what: "omega",
        meaning: "scripts are run at the end, too",
        near: expect.stringContaining("fallbackcommand-at-stop"),
      },
    ],
    otherwise: [expect.objectContaining({ line: 4, what: "mh-port" })],
    more: 0,
  });
});

test.for<[name: string, text: string | undefined, told: RegExp]>([
  ["one that is not there", undefined, /k\.conf can not be read: ENOENT/],
  ["one without a virtual server", "vrrp_instance A {\n}\n", /no virtual service came of it\n$/],
  [
    "one whose virtual servers are all left out",
    "virtual_server web 80 {\n}\n",
    /k\.conf:1: not said: virtual_server web 80: .*\n.*no virtual service/,
  ],
])("%s", async ([, text, told]) => {
  const path = join(folder, "k.conf");
  if (text !== undefined) write("k.conf", text);
  const { code, out, err } = await ctl([path]);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(told);
});

test("a password in the file is not repeated", async () => {
  const secret = "hush-hush";
  const vrrp = `vrrp_instance A {\nauthentication {\nauth_pass ${secret}\n}\n}\nSSL {\npassword ${secret}\n}\n`;
  const path = write("k.conf", vrrp + web());
  const plain = await ctl([path]);
  const json = await ctl(["--json", path]);
  expect(plain.err).toContain("vrrp_instance A");
  for (const each of [plain.out, plain.err, json.out]) expect(each).not.toContain(secret);
});

test("what the file says cannot command the terminal, nor be more than a line", async () => {
  const path = write("k.conf", web(`bogus \u001b[2J\u202e${"x".repeat(10_000)}`));
  const { err } = await ctl([path]);
  for (const char of ["\u001b", "\u202e"]) expect(err).not.toContain(char);
  expect(err.length).toBeLessThan(600);
});

test("on a terminal lines are broken to fit, and what is what has a colour", async () => {
  const { err } = await ctl([write("k.conf", web("quorum_up /x"))], {
    columns: 80,
    hasColour: true,
  });
  expect(err).toContain("\x1b[31mnot said\x1b[0m");
  for (const line of err.split("\n")) expect(line.length).toBeLessThan(80 + 12);
});

test.for([[[]], [["a", "b"]], [["--outt", "x", "a"]]])(
  "a command line that makes no sense: %j",
  async ([args = []]) => {
    expect((await ctl(args)).code).toBe(64);
  },
);
