import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Check } from "../../../checks/check.ts";
import { buildRegistry, loadChecks } from "../../../checks/registry.ts";
import { originalServices } from "../../../src/config/text/words.ts";
import { impliedService } from "../../../src/config/values/service.ts";
import { ok } from "../../../src/model/result.ts";
import { services } from "../../support/services.ts";

const check = (changes: Partial<Check>): Check => ({
  services: [],
  needsPort: true,
  prepare: () =>
    ok({ timeoutMs: 1, probeKey: "", probe: () => Promise.reject(new Error("unused")) }),
  ...changes,
});

describe("the checks of this program", () => {
  test("are all files of the folder but the contract and the registry", async () => {
    const files = readdirSync(new URL("../../../checks", import.meta.url))
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

/** §3.4 of the behaviour specification: what a port implies, and where a service is asked. */
const ports = {
  ...{
    ftp: 21,
    smtp: 25,
    dns: 53,
    http: 80,
    pop: 110,
    nntp: 119,
    imap: 143,
    ldap: 389,
    https: 443,
  },
  ...{ submission: 587, ldaps: 636, imaps: 993, pops: 995, oracle: 1521, radius: 1812 },
  ...{ http_proxy: 3128, mysql: 3306, sip: 5060, pgsql: 5432 },
};

describe("the words that they declare", () => {
  test("are the original's, on the original's ports, and what we have beyond them", () => {
    const declared = Object.fromEntries([...services].map(([name, { port }]) => [name, port]));
    const without = { none: undefined, simpletcp: undefined };
    expect(declared).toEqual({ ...ports, ...without, redis: 6379 });
    expect([...services.keys()]).toEqual([...services.keys()].sort());
    expect(originalServices.filter((name) => !services.has(name))).toEqual([]);
  });

  test("are implied by a port where the original has them", () => {
    for (const [name, port] of Object.entries(ports))
      expect(impliedService(port, services)).toBe(name);
    for (const port of [0, 79, 6379, 8080]) expect(impliedService(port, services)).toBeUndefined();
  });
});

describe("two files that answer for the same word are a mistake that ends the start", () => {
  test("a service", () => {
    const http = check({ services: [{ name: "http", port: 80 }] });
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
