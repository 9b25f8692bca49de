/** docs/control.md and docs/openapi.json say what the control socket does. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { routes } from "../../src/control/routes.ts";

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const read = (name: string): string => readFileSync(path(name), "utf8");

test("both are as packaging/api-texts.mjs makes them", () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [path("packaging/api-texts.mjs"), "--check"],
    { encoding: "utf8" },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test("each route is in both, with all that it takes", () => {
  const { paths } = JSON.parse(read("docs/openapi.json"));
  const table = read("docs/control.md");
  for (const { method, path: route } of routes) {
    expect(paths[route]?.[method.toLowerCase()], route).toBeDefined();
    expect(table).toContain(`\`${method} ${route}\``);
  }
});
