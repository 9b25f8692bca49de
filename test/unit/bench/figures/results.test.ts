import { expect, test } from "vitest";
import { merged, textOf } from "../../../../bench/figures/results.mjs";
import { figure } from "./figure.ts";

const before = {
  machine: { node: "v20" },
  rows: { connect: { at: "1" }, memory: { at: "1" } },
  figures: [figure({ at: "old" }), figure({ of: "memory", at: "kept" })],
};

test("a row that is measured again takes the place of what it was, and no other's", () => {
  const now = {
    machine: { node: "v22" },
    rows: { connect: { at: "2" } },
    figures: [figure({ at: "new" })],
  };
  const { machine, rows, figures } = merged(before, now);
  expect({ machine, rows, at: figures.map(({ at }) => at) }).toEqual({
    machine: { node: "v22" },
    rows: { connect: { at: "2" }, memory: { at: "1" } },
    at: ["new", "kept"],
  });
});

test("the first run is all there is", () => {
  expect(merged(undefined, before)).toBe(before);
});

test("as text: the values of a contestant on one line, with four digits", () => {
  const text = textOf({ rows: {}, figures: [{ values: { ours: [1.23456, 12], floor: [] } }] });
  expect(text).toContain('"ours": [ 1.235, 12 ]');
  expect(JSON.parse(text)).toEqual({
    rows: {},
    figures: [{ values: { ours: [1.235, 12], floor: [] } }],
  });
});
