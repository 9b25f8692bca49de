/**
 * Each NAME.conf of test/support/keepalived/ makes the NAME.cf (and NAME.ini) beside it, which a start takes without a mistake, and
 * is told of as NAME.txt has it. After a change that is meant: KEEPALIVED_WRITE=1 writes them anew, to be read line by line.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadChecks } from "../../../checks/registry.ts";
import { isError, wordsOf } from "../../../src/config/diagnostics.ts";
import { prepare } from "../../../src/daemon/prepare.ts";
import { type ImportedConf, importConf } from "../../../src/keepalived/import-conf.ts";

const folder = join(import.meta.dirname, "../../support/keepalived");
const names = readdirSync(folder).filter((name) => name.endsWith(".conf"));
const made = mkdtempSync(join(tmpdir(), "keepalived-import-"));
afterAll(() => rmSync(made, { recursive: true, force: true }));

const importOf = (name: string) => importConf(join(folder, name), { configId: "lb1" });
const local = (text: string): string => text.replaceAll(`${folder}/`, "");

/** One line each: where, what, and what of it. */
const told = ({ found }: ImportedConf): string =>
  found
    .map(({ file, line, kind, what, meaning, near }) =>
      local(
        `${file}:${line} ${kind} [${what}] ${meaning}${near === undefined ? "" : ` | ${near}`}\n`,
      ),
    )
    .join("");

function expectText(text: string, name: string): void {
  const path = join(folder, name);
  if (process.env["KEEPALIVED_WRITE"] === "1") {
    if (text === "") rmSync(path, { force: true });
    else writeFileSync(path, text);
  }
  expect(text).toBe(existsSync(path) ? readFileSync(path, "utf8") : "");
}

test("there are some", () => {
  expect(names.length).toBeGreaterThanOrEqual(20);
});

test.for(names)("%s says what its .cf has, and tells what its .txt has", async (name) => {
  const imported = await importOf(name);
  const base = name.replace(/\.conf$/, "");
  expectText(local(imported.cf), `${base}.cf`);
  expectText(imported.ini ?? "", `${base}.ini`);
  expectText(told(imported), `${base}.txt`);
  expect(imported.more).toBe(0);
});

test.for(names)(
  "what %s makes is taken by a start, without a mistake or a warning",
  async (name) => {
    const { cf, ini = "" } = await importOf(name);
    const path = join(made, "ldirectord.cf");
    writeFileSync(path, cf);
    writeFileSync(join(made, "ldirectord-ng.ini"), ini);
    const { ok, found } = await prepare(path, await loadChecks());
    const words = found.diagnostics.map((each) => `${each.line}: ${wordsOf(each)}`);
    expect(words).toEqual([]);
    expect(found.diagnostics.filter(isError)).toEqual([]);
    expect(ok).toBe(true);
  },
);
