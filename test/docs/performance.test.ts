/** docs/performance.md's tables and pictures are those of what was measured, and its commands can be given. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const page = readFileSync(path("docs/performance.md"), "utf8");

test("tables and pictures are as bench/texts.mjs makes them", () => {
  const script = path("bench/texts.mjs");
  const { status, stderr } = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test("every row of the bench is told, with its command", () => {
  const { stdout, status } = spawnSync(process.execPath, [path("bench/run.mjs"), "--help"], {
    encoding: "utf8",
  });
  expect(status).toBe(0);
  const rows = [...stdout.matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name);
  expect(rows).toContain("connect");
  const told = page.slice(page.indexOf("## The rows"), page.indexOf("## Figures"));
  for (const name of rows)
    expect(told).toMatch(new RegExp(`^\\|[^|]*\\b${name}\\b[^|]*\\| \``, "m"));
});

test.each([...new Set(page.match(/bench\/[\w-]+(?:\/[\w-]+)*\.\w+/g))])("%s is a file", (name) => {
  expect(existsSync(path(name))).toBe(true);
});

test.each([...new Set([...page.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name))])(
  "npm run %s is a script",
  (name) => {
    expect(JSON.parse(readFileSync(path("package.json"), "utf8")).scripts).toHaveProperty([
      String(name),
    ]);
  },
);
