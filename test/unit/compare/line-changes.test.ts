import fc from "fast-check";
import { expect, test } from "vitest";
import { type LineChange, lineChanges } from "../../../src/compare/line-changes.ts";
import { cpuMs } from "../../support/cpu.ts";

test.for<[name: string, here: string, there: string, told: readonly LineChange[]]>([
  ["nothing", "a b c", "a b c", []],
  ["one line that is other", "a b c", "a x c", [here(2, "b"), there(2, "x")]],
  ["a line more at the end", "a b", "a b c", [there(3, "c")]],
  ["a line less at the begin", "a b c", "b c", [here(1, "a")]],
  [
    "two places, and what is between them is the same",
    "a b c d",
    "x b c y",
    [here(1, "a"), there(1, "x"), here(4, "d"), there(4, "y")],
  ],
  ["everything", "a b", "", [here(1, "a"), here(2, "b")]],
])("%s", ([, one, other, told]) => {
  expect(lineChanges(words(one), words(other))).toEqual(told);
});

test("the changes make one text of the other", () => {
  const lines = fc.array(fc.constantFrom<string>("a", "b", "c"), { maxLength: 12 });
  fc.assert(
    fc.property(lines, lines, (one, other) => {
      const changes = lineChanges(one, other);
      const gone = new Set(changes.flatMap((each) => ("here" in each ? [each.line] : [])));
      const kept = one.filter((_, i) => !gone.has(i + 1));
      for (const each of changes) {
        if ("there" in each) kept.splice(each.line - 1, 0, each.there);
      }
      expect(kept).toEqual(other);
    }),
  );
});

test("two long texts that have nothing in common cost little", () => {
  const many = (word: string) => Array.from({ length: 100_000 }, (_, i) => `${word}${i}`);
  const [one, other] = [many("a"), many("b")];
  const look = () => expect(lineChanges(one, other)).toHaveLength(200_000);
  expect(cpuMs(look)).toBeLessThan(2_000);
});

function here(line: number, text: string): LineChange {
  return { line, here: text };
}
function there(line: number, text: string): LineChange {
  return { line, there: text };
}
function words(text: string): readonly string[] {
  return text === "" ? [] : text.split(" ");
}
