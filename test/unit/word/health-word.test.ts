import { expect, test } from "vitest";
import { type HealthWord, reworded, summed, wordOf } from "../../../src/word/health-word.ts";

test.for<[up: number, of: number, isAnyAwaited: boolean, share: number | undefined, HealthWord]>([
  [3, 3, false, undefined, "usable"],
  [1, 3, true, undefined, "usable"],
  [0, 3, false, undefined, "nobody"],
  [0, 3, true, undefined, "unknown"],
  [0, 0, false, undefined, "nobody"],
  [1, 2, false, 50, "usable"],
  [1, 3, false, 33, "usable"],
  [1, 3, false, 34, "degraded"],
  [2, 3, true, 100, "degraded"],
  [3, 3, false, 100, "usable"],
  [0, 3, false, 1, "nobody"],
  [0, 3, true, 1, "unknown"],
])("%i of %i up, one awaited: %s, share %s: %s", ([up, of, isAnyAwaited, share, word]) => {
  expect(wordOf({ up, of, isAnyAwaited }, share)).toBe(word);
});

test.for<[from: HealthWord, up: number, of: number, share: number | undefined, to: HealthWord]>([
  ["degraded", 1, 3, 30, "usable"],
  ["usable", 1, 3, 50, "degraded"],
  ["degraded", 1, 3, undefined, "degraded"],
  ["nobody", 0, 3, 1, "nobody"],
  ["unknown", 0, 3, 1, "unknown"],
])("%s with %i of %i is by another share, %s: %s", ([word, up, of, share, to]) => {
  expect(reworded({ word, up, of }, share)).toBe(to);
});

test.for<[words: HealthWord[], all: HealthWord, any: HealthWord]>([
  [["usable", "nobody", "degraded"], "nobody", "usable"],
  [["unknown", "nobody"], "unknown", "nobody"],
  [["degraded"], "degraded", "degraded"],
  [[], "unknown", "unknown"],
])("of %j the worst is %s, the best %s", ([words, all, any]) => {
  expect([summed(words, "all"), summed(words, "any")]).toEqual([all, any]);
});
