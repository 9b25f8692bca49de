import { expect, test } from "vitest";
import { readSide } from "../../../src/compare/side.ts";

const dump = {
  version: 1,
  host: "fw2",
  program: "0.1.0",
  files: { cf: { name: "web.cf", fingerprint: "ab", lines: ["a"] } },
  roles: [],
  verdicts: [],
  table: [],
  orders: [],
};

test("a dump is read, and what a newer program has put beside it passed over", () => {
  const read = readSide(JSON.stringify({ ...dump, moon: "full" }));
  expect(read).toEqual({ ok: true, value: dump });
});

test.for<[name: string, text: string, why: RegExp]>([
  ["no JSON", "ssh: motd of the day", /no JSON/],
  ["an empty answer", "", /no JSON/],
  ["another thing", "[]", /not what ldirectorctl compare --dump writes/],
  ["null", "null", /not what/],
  [
    "a later version",
    JSON.stringify({ ...dump, version: 2 }),
    /of version 2, this program knows 1/,
  ],
  ["a list that is none", JSON.stringify({ ...dump, table: {} }), /: table: /],
  ["a host's name without end", JSON.stringify({ ...dump, host: "x".repeat(2000) }), /: host: /],
  [
    "a list without end",
    JSON.stringify({ ...dump, orders: Array.from({ length: 10_001 }, () => 1) }),
    /: orders/,
  ],
  [
    "a value that is a structure",
    JSON.stringify({ ...dump, table: [{ virtual: "x", values: { weight: {} }, rows: [] }] }),
    /: table.0.values.weight: /,
  ],
])("%s is refused, and why is said", ([, text, why]) => {
  const read = readSide(text);
  expect(read.ok ? "" : read.error).toMatch(why);
});

test("a name that is one of JavaScript's own is a name", () => {
  const text = JSON.stringify(dump).replace(
    '"table":[]',
    '"table":[{"virtual":"__proto__","values":{"__proto__":{"weight":1}},"rows":[]}]',
  );
  expect(readSide(text).ok).toBe(true);
  expect("weight" in {}).toBe(false);
});
