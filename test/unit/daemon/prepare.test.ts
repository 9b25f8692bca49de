import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadChecks } from "../../../checks/registry.ts";
import { type Prepared, prepare } from "../../../src/daemon/prepare.ts";

async function prepared(
  text: string,
  ini?: string,
): Promise<{ result: Prepared; told: readonly string[] }> {
  const folder = mkdtempSync(join(tmpdir(), "prepare-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "web.cf");
  writeFileSync(path, text);
  if (ini !== undefined) writeFileSync(join(folder, "ldirectord-ng.ini"), ini);
  const result = await prepare(path, await loadChecks());
  const lines = result.ok ? result.warnings : result.problems;
  return { result, told: lines.map((line) => line.text.replaceAll(`${folder}/`, "")) };
}

const web = (...lines: readonly string[]): string =>
  ["virtual=192.0.2.1:80", "\treal=192.0.2.11:80 gate", "\tservice=http", ...lines, ""].join("\n");

test.for([
  "^(?!.*error)",
  "Status(?=: up)",
  "(['\\x22])ok\\1",
  "(?<q>['x])ok\\k<q>",
  "a++b",
  "(?>a+)b",
  "(?x) o k",
  "a{2000}",
])("receive=%j loads without a word, as in the original", async (receive) => {
  const { result, told } = await prepared(web(`\treceive="${receive}"`));
  expect([result.ok, told]).toEqual([true, []]);
});

test("a receive that only Perl can do leaves its servers down, with one warning at its place", async () => {
  const { result, told } = await prepared(
    web("\treal=192.0.2.12:80 gate", '\treceive="(a)?(?(1)b|c)"'),
  );
  expect(told).toEqual([
    "web.cf:5:10: warning: receive: `(?(` (a condition) is not supported; a server that is checked by it stays down",
  ]);
  expect(result.ok && result.specs.map(({ source }) => source)).toMatchObject([
    { kind: "fixed", state: "down" },
    { kind: "fixed", state: "down" },
  ]);
});

test("a bad receive is told at its place, together with the other mistakes of the file", async () => {
  const { told } = await prepared(`checkinterval=none\n${web('\treceive="(ok"', "\tscheduler=1")}`);
  expect(told.slice(1)).toEqual([
    'web.cf:1:15: checkinterval: "none" is not a whole number; write checkinterval=10',
    "web.cf:5:10: receive: missing closing ): `(ok`",
    expect.stringMatching(/^web.cf:6:12: scheduler: /),
  ]);
});

test("a single server's own bad receive is told at its place in the line", async () => {
  const { told } = await prepared(web('\treal=192.0.2.12:80 gate "ok", "(ok"'));
  expect(told).toEqual(["web.cf:4:32: receive: missing closing ): `(ok`"]);
});

test("a bad receive is told although every real server of its service is a mistake, too", async () => {
  const { told } = await prepared(
    'virtual=192.0.2.1:80\n\treal=192.0.2.11:80 gat\n\tservice=http\n\treceive="*"\n',
  );
  expect(told.slice(1)).toEqual([
    expect.stringMatching(/^web.cf:2:7: real: "gat" is no forwarding method/),
    "web.cf:4:10: receive: missing argument to repetition operator: `*`",
  ]);
});

test("what is wrong in the ini refuses the file as what is wrong in it does, all told at once", async () => {
  const { result, told } = await prepared(web("\tscheduler=1"), "[tabel]\n[log]\njournal=si\n");
  expect(result.ok).toBe(false);
  expect(told).toEqual([
    'ldirectord-ng.ini:1:1: tabel: no such section; did you mean "table"?',
    'ldirectord-ng.ini:3:1: journal: "si" is neither auto nor yes nor no',
    expect.stringMatching(/^Error .* reading file web.cf at line 4: /),
    expect.stringMatching(/^web.cf:4:12: scheduler: /),
  ]);
});

test("the ini is a part of what is ready, and of the hash", async () => {
  const { result: plain } = await prepared(web());
  const { result } = await prepared(web(), "[table]\nreread-seconds=9\n");
  expect(plain.ok && plain.ini.rereadMs).toBe(5_000);
  expect(result.ok && result.ini.rereadMs).toBe(9_000);
  expect(result.hash).toMatch(new RegExp(`^${plain.hash} [0-9a-f]{64}$`));
});

test("demand-tls of the ini holds for what is prepared with it", async () => {
  const pop = web(`\tlogin="a"`, `\tpasswd="b"`).replace("service=http", "service=pop");
  const { told } = await prepared(pop, "[checks]\ndemand-tls = pop\n");
  expect(told).toEqual([expect.stringContaining("demand-tls names pop")]);
});

test.for([
  ["ftp", "; it is for imap, ldap, mysql, pgsql, pop"],
  ["mysq", '; did you mean "mysql"?'],
])("demand-tls = pop %s is refused, with those that it is for", async ([word, hint]) => {
  const { result, told } = await prepared(web(), `[checks]\ndemand-tls = pop ${word}\n`);
  expect(result.ok).toBe(false);
  const message = `"${word}" is no service that TLS can be demanded of${hint}`;
  expect(told).toContain(`ldirectord-ng.ini:2:1: demand-tls: ${message}`);
});

test.for([
  ["[virtual 192.0.2.1:80]\nservice = https\n", []],
  [
    "[virtual 192.0.2.1:80]\nservice = htps\n",
    ['ldirectord-ng.ini:2:1: service: "htps" is no service; did you mean "https"?'],
  ],
] as const)(
  "a [virtual] section names a virtual service of the file, and a service: %j",
  async ([ini, wrong]) => {
    const { result, told } = await prepared(web(), ini);
    expect([result.ok, told]).toEqual([wrong.length === 0, wrong]);
  },
);

test("a [virtual] section of another file of the folder, or of a slip, is a warning", async () => {
  const { result } = await prepared(web(), "[virtual 192.0.2.1:81]\nservice = https\n");
  expect(result.ok && result.warnings.at(-1)?.text).toContain(
    'ldirectord-ng.ini:1:1: warning: virtual 192.0.2.1:81: names no virtual service of web.cf; did you mean "192.0.2.1:80"?',
  );
});

test("the service of a [virtual] section is checked in place of the file's own, without a word", async () => {
  const { result } = await prepared(web(), "[virtual 192.0.2.1:80]\nservice = redis\n");
  expect(result.ok && [result.config.virtuals[0]?.service, result.warnings]).toEqual(["redis", []]);
});
