import { expect, test } from "vitest";
import { scaled, textTable } from "../../../../src/ctl/kernel/text-table.ts";

test("each column is as wide as its widest cell, and no line ends in blanks", () => {
  const columns = [{ title: "NAME" }, { title: "N", side: "right" }, { title: "" }] as const;
  expect(textTable(columns, [["a", "1", "x"], ["a longer one", "12345", ""], ["short"]])).toBe(
    ["NAME              N", "a                 1  x", "a longer one  12345", "short", ""].join(
      "\n",
    ),
  );
});

test.for([
  [0, "0"],
  [0.4, "0"],
  [9_999, "9999"],
  [10_000, "10.0k"],
  [99_949, "99.9k"],
  [99_950, "100k"],
  [999_499, "999k"],
  [999_500, "1.00M"],
  [1_234_567, "1.23M"],
  [9_995_000, "10.0M"],
  [1e21, "1000E"],
  [2 ** 53, "9.01P"],
] as const)("%d is written %s, in at most five characters", ([count, text]) => {
  expect(scaled(count)).toBe(text);
  expect(text.length).toBeLessThanOrEqual(5);
});
