/** What the bench works out of what it measured. */
import { expect, test } from "vitest";
import { judge, median, type Values } from "../../../../bench/figures/statistics.mjs";

test.each([
  [[3, 1, 2], 2],
  [[4, 1, 3, 2], 2.5],
  [[7], 7],
])("the median of %j is %d", (values, middle) => {
  expect(median(values)).toBe(middle);
});

const beside: Values = { ours: [10, 30, 20], keepalived: [10, 10], floor: [5] };

test.each([
  ["a ratio that is within", beside, { atMost: 2, of: "keepalived" }, { ratio: 2, isMet: true }],
  ["a ratio beyond", beside, { atMost: 1.9, of: "keepalived" }, { ratio: 2, isMet: false }],
  ["a number of ours alone", beside, { atMost: 20 }, { ratio: 2, isMet: true }],
  ["what has to be reached", beside, { atLeast: 21 }, { ratio: 2, isMet: false }],
  ["another peer's ratio", beside, { atMost: 4, of: "floor" }, { ratio: 4, isMet: true }],
])("%s is judged by the medians", (_, values, goal, judgement) => {
  expect(judge({ values, goal })).toMatchObject(judgement);
});

test("a goal that is about a peer is not judged where it did not run", () => {
  const values = { ours: [10], floor: [5] };
  const { isMet, peer } = judge({ values, goal: { atMost: 2, of: "keepalived" } });
  expect({ isMet, peer }).toEqual({ isMet: undefined, peer: "floor" });
});

test("where ours could not do it, nothing is judged", () => {
  const judgement = judge({ values: { keepalived: [1] }, goal: { atMost: 2 } });
  expect(judgement).toEqual({ peer: "keepalived", ratio: undefined });
});
