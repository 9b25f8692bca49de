import { expect, test } from "vitest";
import { chart } from "../../../../bench/figures/chart.mjs";
import { figure } from "./figure.ts";

/** Of each bar: where it begins, and its length. */
const bars = (svg: string) =>
  [...svg.matchAll(/<rect x="190" y="(?!34")\d+" width="([\d.]+)"/g)].map(([, width]) =>
    Number(width),
  );

test("bars are as long as the medians, and the longest range fits", () => {
  const [ours = 0, keepalived = 0, ...more] = bars(chart("CPU", [figure()]));
  expect(more).toEqual([]);
  expect(ours / keepalived).toBeCloseTo(50 / 40, 2);
  expect(ours * (60 / 50)).toBeCloseTo(760 - 190 - 110, 0);
});

test("who has no value has no bar, and all groups are to one scale", () => {
  const small = figure({ at: "2/s", values: { ours: [6], keepalived: [] } });
  const svg = chart("CPU", [figure(), small]);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  const [large = 0, , one, ...more] = bars(svg);
  expect(more).toEqual([]);
  expect(one).toBeCloseTo((large * 6) / 50, 0);
});

test("words are written as text, whatever they are", () => {
  const svg = chart('a < b & "c"', [figure({ row: "<script>" })]);
  expect(svg).toContain("a &lt; b &amp; &quot;c&quot;");
  expect(svg).not.toContain("<script>");
});
