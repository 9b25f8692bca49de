import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { report } from "../../../src/config/diagnostics.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { services } from "../../support/services.ts";
import { knownNames } from "./names/known-names.ts";

const folder = new URL("../../support/fixtures/wrong/", import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".cf"))
  .map((file) => file.slice(0, -3));
const text = (file: string) => readFileSync(new URL(file, folder), "utf8");

async function reportOf(name: string): Promise<string[]> {
  const path = new URL(`${name}.cf`, folder).pathname;
  const outcome = await loadConfig(path, { services, resolver: knownNames });
  expect(outcome.ok).toBe(false);
  return report(outcome, "FILE", 7).map(({ text }) => text.replace("[7]", "[PID]"));
}

describe("an operator's wrong file gets the right lines and helpful words", () => {
  test.for(names)("%s", async (name) => {
    const lines = await reportOf(name);
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(
      new URL(`${name}.report`, folder).pathname,
    );
    expect(lines.join("\n")).not.toContain("hunter2");
  });

  test("there are twenty kinds or more", () => {
    expect(names.length).toBeGreaterThanOrEqual(20);
  });
});

describe("the first line is the one that the original printed, where it refused the file", () => {
  const refused = names.filter((name) => text(`${name}.expected`).startsWith("Error"));
  test.for(refused)("%s", async (name) => {
    const [original = ""] = text(`${name}.expected`).split("\n");
    const [first = ""] = await reportOf(name);
    const masked = original.replace(/(password=).*/, "$1***");
    expect(first.trimEnd()).toBe(masked.trimEnd());
  });
});
