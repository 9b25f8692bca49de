import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { iniDefaults, iniPath, loadIni, parseIni } from "../../src/config/ng-ini.ts";

const folder = mkdtempSync(join(tmpdir(), "ini-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("without the file there are the defaults", async () => {
  expect(await loadIni(join(folder, "none", "web.cf"))).toEqual({ ok: true, value: iniDefaults });
});

test("the file stands beside the configuration", async () => {
  const cf = join(folder, "web.cf");
  expect(iniPath(cf)).toBe(join(folder, "ldirectord-ng.ini"));
  writeFileSync(
    iniPath(cf),
    "; ours\n[table]\nbackend = embedded\nreread-seconds=60\n\n[daemon]\nrundir = /run\nstop-timeout-seconds = 5\n[log]\njournal = yes\n[email]\nsmtp-port = 2525\nprogram = /usr/bin/msmtp\n",
  );
  expect(await loadIni(cf)).toEqual({
    ok: true,
    value: {
      backend: "embedded",
      rereadMs: 60_000,
      rundir: "/run",
      journal: "yes",
      stopTimeoutMs: 5_000,
      smtpPort: 2525,
      mailProgram: "/usr/bin/msmtp",
    },
  });
});

describe("what is wrong is told with its line, all of it", () => {
  test.for<[text: string, line: number, message: string]>([
    ["[tabel]\n", 1, 'no such section; did you mean "table"?'],
    ["[table]\n\n  backnd = kernel\n", 3, 'no such key in [table]; did you mean "backend"?'],
    [
      "[table]\nbackend = kernal\n",
      2,
      '"kernal" is neither kernel nor embedded; did you mean "kernel"?',
    ],
    ["[table]\nreread-seconds = 0\n", 2, '"0" is not a number of seconds from 1 to 3600'],
    ["[table]\nreread-seconds = 5s\n", 2, '"5s" is not a number of seconds from 1 to 3600'],
    ["[daemon]\nrundir = run\n", 2, '"run" is not an absolute path'],
    ["[log]\njournal = true\n", 2, '"true" is neither auto nor yes nor no'],
    ["[email]\nsmtp-port = 0\n", 2, '"0" is not a port from 1 to 65535'],
    ["[email]\nprogram = msmtp\n", 2, '"msmtp" is not an absolute path'],
    ["backend = kernel\n", 1, "stands outside every section; begin with [table] or [daemon]"],
    ["[table]\nbackend\n", 2, '"true" is neither kernel nor embedded'],
    ["[__proto__]\nx = 1\n", 1, "no such section; sections are table, daemon, log, email"],
  ])("%j", ([text, line, message]) => {
    expect(parseIni(text)).toMatchObject({ ok: false, error: [{ line, message }] });
  });

  test("two problems are two diagnostics", () => {
    const read = parseIni("[table]\nbackend = x\nfoo = 1\n");
    expect(read.ok ? [] : read.error.map(({ line }) => line)).toEqual([2, 3]);
  });
});
