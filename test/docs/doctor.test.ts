/** docs/doctor.md has each finding, as the program tells it. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { rules } from "../../src/doctor/rules.ts";

const page = readFileSync(new URL("../../docs/doctor.md", import.meta.url), "utf8");
const rows = page.split("\n").filter((line) => line.startsWith("| `"));

test("the table has every finding, in the order in which they are told", () => {
  expect(rows).toEqual(
    rules.map(({ id, severity, finds, why }) => `| \`${id}\` | ${severity} | ${finds} | ${why} |`),
  );
});

test("each has a name of its own", () => {
  expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
});
