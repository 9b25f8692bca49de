import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  formatDiagnostic,
  formatLegacy,
  type ReportLine,
  report,
} from "../../../src/config/diagnostics.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { services } from "../../support/services.ts";
import { knownNames } from "./names/known-names.ts";

// What the original says was recorded by running it: test/support/fixtures/config/README.md.
const folder = new URL("../../support/fixtures/config/", import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".cf"))
  .map((file) => file.slice(0, -3));

const loaded = async (name: string) =>
  loadConfig(new URL(`${name}.cf`, folder).pathname, { services, resolver: knownNames });
const recorded = (name: string) =>
  readFileSync(new URL(`${name}.expected`, folder), "utf8")
    .trimEnd()
    .split("\n");
const said = (lines: readonly ReportLine[]) =>
  lines.map(({ text }) => text.trimEnd().replace("[7]", "[PID]"));

describe("our first line is the original's", () => {
  const refused = names.filter(
    (name) => !name.startsWith("mended-") && recorded(name)[0]?.startsWith("Error"),
  );
  test.for(refused)("%s", async (name) => {
    const outcome = await loaded(name);
    expect(outcome.ok).toBe(false);
    expect(said(report(outcome, "FILE", 7))[0]).toBe(recorded(name)[0]?.trimEnd());
  });
});

describe("a warning of the original is ours too", () => {
  const warned = names.filter((name) => recorded(name)[0]?.startsWith("Warning"));
  test.for(warned)("%s", async (name) => {
    const outcome = await loaded(name);
    expect(outcome.ok).toBe(true);
    expect(said(report(outcome, "FILE", 7))).toEqual(recorded(name));
  });
});

describe("what the original accepts, we accept", () => {
  const accepted = names.filter((name) => recorded(name)[0] === "accepted");
  test.for(accepted)("%s", async (name) => {
    expect(await loaded(name)).toMatchObject({ ok: true });
  });
});

describe("what the original wrongly refuses, we accept", () => {
  const mended = names.filter((name) => name.startsWith("mended-"));
  test.for(mended)("%s", async (name) => {
    expect(recorded(name)[0]).toMatch(/^Error/);
    expect(await loaded(name)).toMatchObject({ ok: true });
  });
});

test("a file that is not there is the original's error without a line", async () => {
  const outcome = await loadConfig("/nonexistent/x.cf", { services });
  expect(report(outcome, "/nonexistent/x.cf", 7)[0]?.text).toBe(
    "Error [7]: can not open file /nonexistent/x.cf",
  );
});

test("our own line names file, line, column and directive", () => {
  const diagnostic = {
    severity: "error",
    line: 12,
    column: 9,
    directive: "checkinterval",
    legacyLine: 12,
    message: '"soon" is not a whole number',
    order: 12,
  } as const;
  expect(formatDiagnostic(diagnostic, "web.cf")).toBe(
    'web.cf:12:9: checkinterval: "soon" is not a whole number',
  );
  expect(formatLegacy(diagnostic, "web.cf", 9)).toBeUndefined();
});

test("a line end inside the original's text stays", () => {
  const text = formatLegacy(
    {
      severity: "error",
      line: 3,
      column: 5,
      legacy: 'Unknown command "    x=1\n"',
      legacyLine: 3,
      message: "",
      order: 3,
    },
    "a.cf",
    9,
  );
  expect(text).toBe('Error [9] reading file a.cf at line 3: Unknown command "    x=1\n"');
});
