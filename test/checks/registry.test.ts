import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Check } from "../../checks/check.ts";
import { buildRegistry, loadChecks } from "../../checks/registry.ts";
import { ok } from "../../src/model/result.ts";

const check = (changes: Partial<Check>): Check => ({
  services: [],
  needsPort: true,
  prepare: () =>
    ok({ timeoutMs: 1, sameness: "", probe: () => Promise.reject(new Error("unused")) }),
  ...changes,
});

describe("the checks of this program", () => {
  test("are all files of the folder but the contract and the registry", async () => {
    const files = readdirSync(new URL("../../checks", import.meta.url))
      .filter((name) => name.endsWith(".ts") && name !== "check.ts" && name !== "registry.ts")
      .map((name) => name.slice(0, -3));
    expect([...(await loadChecks()).files().keys()].sort()).toEqual(files.sort());
  });

  test("answer for services and checktypes", async () => {
    const checks = await loadChecks();
    expect(checks.byService("http")).toBe(checks.byService("https"));
    expect(checks.byService("none")).toBeDefined();
    for (const word of ["connect", "ping", "external", "external-perl"]) {
      expect(checks.byCheckType(word)?.checkType).toBe(word);
    }
    expect(checks.byService("gopher")).toBeUndefined();
    expect(checks.services().has("http")).toBe(true);
  });
});

describe("two files that answer for the same word are a mistake that ends the start", () => {
  test("a service", () => {
    const http = check({ services: ["http"] });
    const files = new Map([
      ["http", http],
      ["other", http],
    ]);
    expect(() => buildRegistry(files)).toThrow("checks/other: service http has a check already");
  });

  test("a checktype", () => {
    const files = new Map([
      ["ping", check({ checkType: "ping" })],
      ["pong", check({ checkType: "ping" })],
    ]);
    expect(() => buildRegistry(files)).toThrow("checks/pong: checktype ping has a check already");
  });
});
