import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as errors from "../../src/errors.ts";

const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");

/** Class and code of each row of the first table. */
const documented = [...page.matchAll(/^\| `([A-Z_*]+)` \| `(\w+)` \|/gm)].map(([, code, name]) => ({
  code,
  name,
}));

/** One of each class there is; a class that a new argument keeps from being made this way needs a line here. */
const instances = Object.values(errors)
  .filter((value) => value !== errors.LdirectordError)
  .map((value) => {
    const Class = value as new (...texts: string[]) => errors.LdirectordError;
    return new Class("EXAMPLE", "ask");
  });

test("docs/errors.md lists each error class with its code, and no other", () => {
  const expected = instances.map((error) => ({
    code: error.code.replace("EXAMPLE", "*"),
    name: error.name,
  }));
  const byName = (a: { name: string | undefined }, b: { name: string | undefined }) =>
    String(a.name).localeCompare(String(b.name));
  expect(documented.toSorted(byName)).toEqual(expected.sort(byName));
});

test("an error's name is its class's, and its message says what was asked first", () => {
  for (const error of instances) expect(error.name).toBe(error.constructor.name);
  const cause = new Error("below");
  const error = new errors.NetlinkError("EPERM", "add service 10.0.0.1:80", { cause });
  expect(error).toMatchObject({
    errno: "EPERM",
    code: "NETLINK_EPERM",
    message: "add service 10.0.0.1:80: EPERM",
    cause,
  });
});

test("each netlink code in docs/errors.md is an errno's name", async () => {
  const { constants } = await import("node:os");
  const codes = [...page.matchAll(/^\| (`NETLINK_[A-Z]+`(?:, `NETLINK_[A-Z]+`)*) \|/gm)]
    .flatMap(([, cell = ""]) => [...cell.matchAll(/NETLINK_([A-Z]+)/g)].map(([, name]) => name))
    // Ours: no answer came.
    .filter((name) => name !== "LOST");
  expect(codes.length).toBeGreaterThan(9);
  for (const name of codes) expect(Object.keys(constants.errno)).toContain(name);
});
