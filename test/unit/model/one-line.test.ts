import { describe, expect, test } from "vitest";
import { oneLine, printable, withoutUnprintable } from "../../../src/model/one-line.ts";
import { cpuMs } from "../../support/cpu.ts";

const obeyed: readonly [what: string, char: string][] = [
  ["NUL", "\0"],
  ["ESC", "\x1b"],
  ["tab", "\t"],
  ["DEL", "\x7f"],
  ["CSI of C1", "\x9b"],
  ["NEL", "\x85"],
  ["line separator", "\u2028"],
  ["paragraph separator", "\u2029"],
  ["right-to-left mark", "\u200f"],
  ["Arabic letter mark", "\u061c"],
  ["right-to-left override", "\u202e"],
  ["isolate", "\u2067"],
  ["byte order mark", "\ufeff"],
  ["half a character", "\ud83d"],
];

describe.for(obeyed)("%s", ([, char]) => {
  test("is a blank in a line of ours", () => {
    expect(printable(`a${char}b`)).toBe(char === "\t" ? "a\tb" : "a b");
    expect(oneLine(`${char}a ${char}${char} b${char}`)).toBe("a b");
    expect(withoutUnprintable(`a${char}b`, () => "?")).toBe("a?b");
  });
});

test("letters of all scripts, signs and blanks stay as they are", () => {
  for (const text of [" - reread new configuration", "Invoking x ", "Straße Ω 日本 שלום 👍🏽 é%n"])
    expect(printable(text)).toBe(text);
});

test("several lines are one: those behind the first lose their indentation, empty ones are left out", () => {
  expect(printable("550-no\r\n550-[x] Deleted\n\n\r\n   at y\n")).toBe(
    "550-no 550-[x] Deleted at y",
  );
});

test("a line is bounded, and never ends in half a character", () => {
  expect(printable("x".repeat(100_000)).length).toBeLessThan(10_000);
  expect(oneLine("👍".repeat(200), 3)).toBe("👍…");
  expect([oneLine("abc", 3), oneLine("abcd", 3)]).toEqual(["abc", "abc…"]);
  expect(oneLine("a \r\n\t b", 3)).toBe("a b");
});

test("what costs most is read in linear time", () => {
  const nasty = `${" ".repeat(200_000)}x${"\t".repeat(200_000)}`;
  const look = () => [printable(nasty), oneLine(nasty, 100_000)];
  expect(cpuMs(look)).toBeLessThan(1_000);
});
