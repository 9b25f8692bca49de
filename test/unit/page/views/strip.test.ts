import { expect, test } from "vitest";
import type { Run } from "../../../../src/page/state-history.ts";
import { cellsOf, hourText, stripPicture } from "../../../../src/page/views/strip.ts";

const minute = 60_000;
/** 12:00:00, a day after the epoch. */
const noon = 36 * 60 * minute;
const ago = (minutes: number): number => noon - minutes * minute;
const run = (minutes: number, state: Run["state"], why = ""): Run => ({
  from: ago(minutes),
  state,
  why,
});

test("an hour is sixty cells, and the last one is now", () => {
  const cells = cellsOf([run(30, "up"), run(5, "down")], noon);
  expect(cells).toHaveLength(60);
  expect(cells.filter((cell) => cell === "none")).toHaveLength(29);
  expect(cells.slice(29, 54).every((cell) => cell === "up")).toBe(true);
  expect(cells.slice(54)).toEqual(Array.from({ length: 6 }, () => "down"));
});

test("a second of trouble is seen in its minute", () => {
  const at = ago(10);
  const runs = [
    run(50, "up"),
    { from: at + 1_000, state: "down", why: "" } as const,
    { from: at + 2_000, state: "up", why: "" } as const,
  ];
  expect(cellsOf(runs, noon).filter((cell) => cell === "down")).toHaveLength(1);
});

test("states differ by their height as well as by their colour", () => {
  const { text } = stripPicture([run(60, "up"), run(20, "down")], noon);
  expect(text).toContain('class="k-up" d="M0 7h39v5h-39z"');
  expect(text).toContain('class="k-down" d="M39 0h21v12h-21z"');
});

test("one that is up all the time is one path, whenever it is drawn", () => {
  const runs = [run(300, "up")];
  expect(stripPicture(runs, noon).text).toBe(stripPicture(runs, noon + 7 * minute).text);
});

test("the same is told in words, newest first, with the reason", () => {
  const runs = [run(300, "up"), run(20, "down", "timeout: no answer"), run(10, "up")];
  expect(hourText(runs, noon)).toEqual([
    "up since 11:50:00",
    "down 11:40:00 to 11:50:00: timeout: no answer",
    "up to 11:40:00",
  ]);
  expect(hourText([run(300, "up")], noon)).toEqual(["up for more than an hour"]);
});

test("of many changes the newest are told, and how many more there are", () => {
  const runs = Array.from({ length: 20 }, (_, i) => run(40 - i, i % 2 === 0 ? "up" : "down"));
  const text = hourText(runs, noon);
  expect(text).toHaveLength(7);
  expect(text.at(-1)).toBe("and 14 more changes before that");
});
