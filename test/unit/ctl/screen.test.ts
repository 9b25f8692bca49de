import fc from "fast-check";
import { expect, test } from "vitest";
import { coloured, type Screen, wrapped } from "../../../src/ctl/screen.ts";
import { heardTerminal } from "../../support/fakes/heard-terminal.ts";

const screen = (columns?: number, hasColour = false): Screen => ({
  ...heardTerminal().terminal,
  columns,
  hasColour,
});

test("a line that fits, and any line of a pipe, stays as it is", () => {
  const line = "  a line of words";
  expect(wrapped(screen(17), line)).toBe(line);
  expect(wrapped(screen(), "word ".repeat(100))).toBe("word ".repeat(100));
});

test("one that does not is broken at blanks, and what it is set in stays", () => {
  expect(wrapped(screen(10), "  one two three four", "    ")).toBe(
    "  one two\n    three\n    four",
  );
  expect(wrapped(screen(10), "one two three", "")).toBe("one two\nthree");
});

test("a word that is too long stays whole", () => {
  expect(wrapped(screen(5), "a abcdefgh b", "")).toBe("a\nabcdefgh\nb");
});

test("whatever is broken: no line is too long but for one word, and no word is lost", () => {
  const word = fc.stringMatching(/^[a-z]{1,15}$/);
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1 }),
      fc.integer({ min: 20, max: 80 }),
      (words, columns) => {
        const lines = wrapped(screen(columns), `  ${words.join(" ")}`, "    ").split("\n");
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
        expect(lines.join(" ").trim().split(/ +/)).toEqual(words);
      },
    ),
  );
});

test("colour is only where there is some", () => {
  expect(coloured(screen(80), "red", "down")).toBe("down");
  expect(coloured(screen(80, true), "red", "down")).toBe("\x1b[31mdown\x1b[0m");
});
