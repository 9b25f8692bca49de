import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { differenceLines } from "./differences.ts";
import { parts, targets } from "./targets.ts";

const services = [...new Set(targets.map(({ service }) => service))].sort();

test("docs/differences.md shows each difference of the list, and no other", () => {
  const document = readFileSync(new URL("../../../docs/differences.md", import.meta.url), "utf8");
  const [, section = ""] = document.split("## Verdicts that differ, service by service\n");
  const lines = (section.split("\n## ")[0] ?? "").split("\n");
  const rows = lines.filter((line) => line.startsWith("|")).slice(2);
  expect(rows).toEqual(differenceLines(targets));
});

test("each service is in one group of one part", () => {
  expect(Object.values(parts).flat(2).sort()).toEqual(services);
});

test("each target has a name of its own", () => {
  const titles = targets.map(({ title }) => title);
  expect(new Set(titles).size).toBe(titles.length);
});
