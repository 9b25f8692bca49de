import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { formatDiagnostic } from "../../../src/config/diagnostics.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { services } from "../../support/services.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "open-to-others-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, text: string, mode: number): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

/** What is told of web.cf, with the folder's name taken out. */
async function warnings(path: string): Promise<string[]> {
  const loaded = await loadConfig(path, { services });
  if (!loaded.ok) throw new Error(loaded.diagnostics.map(({ message }) => message).join("\n"));
  return loaded.warnings.map((each) =>
    formatDiagnostic(each, path).replaceAll(`${folder}/`, "").replaceAll(folder, "FOLDER"),
  );
}

test("a file that only its owner may write is loaded without a word, readable or not", async () => {
  for (const mode of [0o600, 0o644, 0o755]) {
    expect(await warnings(put("web.cf", "checkinterval=1\n", mode))).toEqual([]);
  }
});

test("a configuration that everybody may write is loaded, and told", async () => {
  expect(await warnings(put("web.cf", "checkinterval=1\n", 0o666))).toEqual([
    "web.cf: warning: everybody may change web.cf (mode 0666; chmod o-w), and with it what ldirectord does",
  ]);
});

test("so are the ini beside it and the programs that it names, each with its line", async () => {
  put("ldirectord-ng.ini", "", 0o602);
  const check = put("check", "#!/bin/sh\n", 0o777);
  const sorry = put("sorry", "#!/bin/sh\n", 0o755);
  const path = put(
    "web.cf",
    `virtual=192.0.2.1:80
        real=192.0.2.2:80 gate
        fallbackcommand="${sorry} now"
        checktype=external
        checkcommand=${check}
`,
    0o644,
  );
  expect(await warnings(path)).toEqual([
    "web.cf: warning: everybody may change ldirectord-ng.ini (mode 0602; chmod o-w), and with it what ldirectord does",
    "web.cf:5:22: warning: checkcommand: everybody may change check (mode 0777; chmod o-w), and ldirectord runs it",
  ]);
});

test("a folder in which everybody may replace it is told once, one with the sticky bit is not", async () => {
  mkdirSync(join(folder, "open"));
  const path = put("open/web.cf", "checkinterval=1\n", 0o644);
  chmodSync(join(folder, "open"), 0o777);
  expect(await warnings(path)).toEqual([
    "open/web.cf: warning: everybody may change open (mode 0777; chmod o-w), and with it what ldirectord does",
  ]);
  chmodSync(join(folder, "open"), 0o1777);
  expect(await warnings(path)).toEqual([]);
});

const mayGiveAway = process.getuid?.() === 0;
if (!mayGiveAway) process.stderr.write("open-to-others: the group's case skipped: wants root\n");
test.skipIf(!mayGiveAway)("a group's right to write is told, root's group is not", async () => {
  const path = put("web.cf", "checkinterval=1\n", 0o664);
  expect(await warnings(path)).toEqual([]);
  chownSync(path, 0, 4);
  expect(await warnings(path)).toEqual([
    "web.cf: warning: group 4 may change web.cf (mode 0664; chmod g-w), and with it what ldirectord does",
  ]);
});
