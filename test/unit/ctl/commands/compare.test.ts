import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Side } from "../../../../src/compare/side.ts";
import { ControlledDaemon, virtualText } from "../../../support/controlled-daemon.ts";

let folder = "";
let daemon: ControlledDaemon;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "ctl-compare-"));
  daemon = await ControlledDaemon.start(cf(1));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await daemon[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const cf = (weight: number): string =>
  virtualText(8070, `real=127.0.0.3:80 masq ${weight}\nchecktype=on\npasswd="opensesame"`);

async function dump(): Promise<Side> {
  const { code, out, err } = await daemon.ctl(["compare", "--dump"]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return JSON.parse(out);
}

/** The other director, as it was dumped. */
function put(side: Side, name = "other.json"): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ ...side, host: "fw2" }));
  return path;
}

/** In ssh's place: notes its words, one a line. @param script what it does */
function ssh(script: string): void {
  const path = join(folder, "ssh");
  const text = `#!/bin/sh\nfor word; do echo "$word"; done > '${folder}/words'\n${script}\n`;
  writeFileSync(path, text, { mode: 0o755 });
  vi.stubEnv("LDIRECTORCTL_SSH", path);
}
const words = (): string[] => readFileSync(join(folder, "words"), "utf8").trimEnd().split("\n");

const compare = (...args: readonly string[]) => daemon.ctl(["compare", "--patience", "0", ...args]);

test("a director is the same as itself", async () => {
  const side = await dump();
  expect(await compare(put(side))).toEqual({
    code: 0,
    out: `${hostname()} and fw2 are the same: 1 virtual service\n`,
    err: "",
  });
});

test("the dump has both files, verdicts, table and orders, and no password", async () => {
  await daemon.ctl(["weight", "127.0.0.3:80", "5", "--for", "10m"]);
  const side = await dump();
  expect(side).toMatchObject({
    version: 1,
    host: hostname(),
    files: {
      cf: { name: "web.cf", lines: expect.arrayContaining(["        passwd=[secret]"]) },
      ini: { name: "ldirectord-ng.ini" },
    },
    verdicts: [
      { virtual: "tcp:127.0.0.1:8070", server: "127.0.0.3:80", state: "up", decidedBy: "order" },
    ],
    table: [
      {
        virtual: "tcp:127.0.0.1:8070",
        values: { scheduler: "wrr" },
        rows: [{ row: "127.0.0.3:80", values: { forwarding: "masq", weight: 5 } }],
      },
    ],
    orders: [{ what: "weight of 127.0.0.3:80", values: { weight: 5 } }],
  });
  expect(JSON.stringify(side)).not.toContain("opensesame");
});

test("what differs is told by part, with where and what on each side", async () => {
  const other = put(await dump());
  daemon.write(cf(3));
  await daemon.ctl(["reload", "--wait"]);
  await daemon.ctl(["drain", "127.0.0.3:80", "--deadline", "10m", "--then", "remove"]);
  const { code, out, err } = await compare(other);
  expect({ code, err }).toEqual({ code: 1, err: "" });
  const at = "tcp:127.0.0.1:8070: 127.0.0.3:80";
  expect(out.replace(/ by 20.*\)/, " by …").split("\n")).toEqual([
    "Files",
    "  web.cf:2 here:         real=127.0.0.3:80 masq 3",
    "  web.cf:2 there:         real=127.0.0.3:80 masq 1",
    "Verdicts",
    `  ${at}: drained here, up there`,
    "Table",
    `  ${at}: weight 0 here, weight 1 there`,
    "Orders",
    "  drain of 127.0.0.3:80: only here: drain of 127.0.0.3:80 by …",
    `5 differences between ${hostname()} (here) and fw2 (there)`,
    "",
  ]);
});

test("a password that differs is told, and never shown", async () => {
  const other = put(await dump());
  daemon.write(cf(1).replace("opensesame", "hunter2"));
  await daemon.ctl(["reload", "--wait"]);
  const { code, out } = await compare(other);
  expect(code).toBe(1);
  expect(out).toContain("  web.cf: something that is not shown (a secret, the end of a line)");
  expect(out).not.toMatch(/opensesame|hunter2/);
});

test("the files are those that run; that a newer one was refused is told", async () => {
  const other = put(await dump());
  daemon.write(`${cf(2)}nonsense\n`);
  await daemon.ctl(["reload", "--wait"]);
  const { code, out } = await compare(other);
  expect(code).toBe(0);
  expect(out).toMatch(/^note: the newest reload here did not work: .*web\.cf/);
});

test("--json is one object", async () => {
  const side = await dump();
  const other = put({ ...side, table: [], program: "0.0.9" });
  const { code, out } = await compare("--json", other);
  expect(code).toBe(1);
  expect(JSON.parse(out)).toEqual({
    version: 1,
    isSame: false,
    here: { host: hostname(), program: side.program },
    there: { host: "fw2", program: "0.0.9" },
    differences: [{ part: "table", of: "tcp:127.0.0.1:8070", here: "scheduler wrr" }],
    notes: [`ldirectord-ng is ${side.program} here, 0.0.9 there`],
  });
});

test("over ssh: no question is asked, and the file is one word for the shell there", async () => {
  ssh(`cat '${put(await dump())}'`);
  expect((await compare("admin@fw2")).code).toBe(0);
  expect(words()).toEqual([
    ...["-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "--", "admin@fw2"],
    `ldirectorctl -c '${daemon.cf}' compare --dump`,
  ]);
});

test("what has gone at the second look was a moment's; what stays is told", async () => {
  const same = await dump();
  const ahead = put({ ...same, table: [] }, "ahead.json");
  const next = put(same, "same.json");
  ssh(`cat '${ahead}'; cp '${next}' '${ahead}'`);
  expect((await daemon.ctl(["compare", "--patience", "1", "fw2"])).code).toBe(0);
  ssh(`cat '${put({ ...same, table: [] }, "stays.json")}'`);
  expect((await daemon.ctl(["compare", "--patience", "1", "fw2"])).code).toBe(1);
});

test.for<[name: string, script: string, why: RegExp]>([
  ["a host that is down", "echo 'no route to host' >&2; exit 255", /ended with 255: no route/],
  [
    "a host whose key has changed",
    "printf '@@@@@@\\nWARNING: %0500d\\nHost key verification failed.\\n' 0 >&2; exit 255",
    /ended with 255: Host key verification failed\.$/m,
  ],
  ["one without a daemon", "echo '{'; echo none runs >&2; exit 2", /ended with 2: none runs/],
  ["one that says something else", "echo Welcome", /fw2: it is no JSON/],
  ["one that never ends to speak", "yes", /fw2: it is longer than \d+ bytes/],
])("%s could not be compared, and why is told in a line", async ([, script, why]) => {
  ssh(script);
  const { code, out, err } = await compare("fw2");
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(why);
  expect(err.trimEnd()).not.toContain("\n");
});

test("no ssh, no such file and no daemon here could not be compared either", async () => {
  vi.stubEnv("LDIRECTORCTL_SSH", join(folder, "none"));
  expect(await compare("fw2")).toMatchObject({ code: 2, err: /^fw2: .*ENOENT/ });
  expect(await compare(join(folder, "none.json"))).toMatchObject({
    code: 2,
    err: expect.stringMatching(/none\.json: ENOENT/),
  });
  const other = put(await dump());
  await daemon.end();
  expect((await compare(other)).code).toBe(2);
  expect((await compare("--dump")).code).toBe(2);
});

test.for([
  [[]],
  [["--dump", "fw2"]],
  [["-fw2"]],
  [["fw2;reboot"]],
  [["$(reboot)"]],
  [["a b"]],
  [["user@-oProxyCommand=x"]],
  [["--patience", "-1", "fw2"]],
] as const)("%j makes no sense", async ([args]) => {
  ssh("exit 0");
  const { code, out, err } = await compare(...args);
  expect({ code, out }).toEqual({ code: 64, out: "" });
  expect(err).not.toBe("");
});

test("what another director writes can not steer the terminal", async () => {
  const side = await dump();
  const other = put({
    ...side,
    orders: [{ what: "drain of \u001b[2Jx", values: {}, said: "a\nb\u202e" }],
    files: { cf: { ...side.files.cf, fingerprint: "x", lines: ["\u001b]0;x\u0007"] } },
  });
  const { out } = await compare(other);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
});
