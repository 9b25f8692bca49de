import { expect, test } from "vitest";
import { pageTable, spread, textTable } from "../../../../bench/figures/table.mjs";
import { figure } from "./figure.ts";

test.each([
  [[1234.5], "1,235"],
  [[12.34, 10, 14], "12.3 (10.0–14.0)"],
  [[0.456], "0.46"],
  [[0], "0"],
  [[], "–"],
  [undefined, "–"],
])("the runs %j are shown as %s", (values, text) => {
  expect(spread(values)).toBe(text);
});

test("a page's table has a column for each that ran, the ratio, and whether the goal is met", () => {
  const goal = { atMost: 1.2, of: "keepalived" };
  expect(pageTable([figure({ goal }), figure({ at: "2,000/s", values: { ours: [5] } })])).toBe(
    `| work | figure | ours | keepalived | ratio | goal | met |
| --- | --- | --- | --- | --- | --- | --- |
| connect, 1,000/s | CPU a check, µs | 50.0 (40.0–60.0) | 40.0 | 1.25 (keepalived) | at most 1.2 of keepalived | **no** |
| connect, 2,000/s | CPU a check, µs | 5.00 | – | – | – | – |
`,
  );
});

test("what stands beside ours beyond the known ones has a column of its own", () => {
  const table = pageTable([figure({ values: { before: [2], floor: [1], ours: [1] } })]);
  expect(table).toContain("| work | figure | ours | floor | before | ratio |");
});

test("a terminal's table has its columns under each other", () => {
  const [head = "", row = ""] = textTable([figure()]).split("\n");
  expect(row.indexOf("40.0  ")).toBe(head.indexOf("keepalived"));
});
