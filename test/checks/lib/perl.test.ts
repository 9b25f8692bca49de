/** `receive` as Perl itself takes it: what was recorded from it, what it says today, and what docs/patterns.md says. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compilePattern } from "../../../checks/lib/pattern.ts";
import recorded from "../../fixtures/patterns.json" with { type: "json" };
import { perlFinds } from "../../fixtures/record-patterns.mjs";

const { texts, patterns } = recorded;

/** Places of the texts that `pattern` is found in. */
function weFind(pattern: string, among: readonly string[]): readonly number[] {
  const compiled = compilePattern(pattern);
  if (!compiled.ok) throw new Error(`${pattern}: ${compiled.error}`);
  return among.flatMap((text, place) => (compiled.value.matches(text) ? [place] : []));
}

test("there are a hundred patterns and more, each once", () => {
  expect(patterns.length).toBeGreaterThanOrEqual(100);
  expect(new Set(patterns.map(({ pattern }) => pattern)).size).toBe(patterns.length);
});

test.for(patterns)("$pattern is found where Perl finds it", ({ pattern, found }) => {
  expect(weFind(pattern, texts)).toEqual(found);
});

const now = perlFinds(
  patterns.map(({ pattern }) => pattern),
  texts,
);

test.skipIf(now === undefined)("Perl finds today what was recorded", () => {
  expect(now).toEqual(patterns.map(({ found }) => found));
});

/** Tables of docs/patterns.md, by the heading above; a cell is what stands in its code spans. */
function tableUnder(heading: string): readonly (readonly (readonly string[])[])[] {
  const text = readFileSync(new URL("../../../docs/patterns.md", import.meta.url), "utf8");
  const section = text.split(/^## /m).find((part) => part.startsWith(heading)) ?? "";
  return section
    .split("\n")
    .filter((line) => line.startsWith("| ") && !/^\| (?:---|Perl)/.test(line))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) =>
          [...cell.matchAll(/(`+)(.*?)\1(?!`)/g)].map(([, , inner = ""]) =>
            (/^ .* $/.test(inner) ? inner.slice(1, -1) : inner).replaceAll("\\|", "|"),
          ),
        ),
    );
}

/** A text in the docs is written as JSON writes it, without the quotes; \u00ff is that byte. */
const textOf = (written: string): string => JSON.parse(`"${written}"`);

describe("docs/patterns.md", () => {
  const same = tableUnder("What is understood").map(([, pattern, finds, not]) => ({
    pattern: pattern?.[0] ?? "",
    finds: (finds ?? []).map(textOf),
    not: (not ?? []).map(textOf),
  }));

  test("has tables", () => {
    expect(same.length).toBeGreaterThan(20);
    expect(tableUnder("What is refused").length).toBeGreaterThan(15);
    expect(tableUnder("What differs").length).toBeGreaterThan(2);
  });

  test.for(same)("$pattern finds what it says", ({ pattern, finds, not }) => {
    const among = [...finds, ...not];
    const expected = finds.map((_text, place) => place);
    expect(weFind(pattern, among)).toEqual(expected);
    const perl = perlFinds([pattern], among);
    if (perl !== undefined) expect(perl).toEqual([expected]);
  });

  test.for(
    tableUnder("What is refused").map(([, pattern, message]) => ({
      pattern: pattern?.[0] ?? "",
      message: message?.[0] ?? "",
    })),
  )("$pattern is refused in the words it says", ({ pattern, message }) => {
    expect(compilePattern(pattern)).toEqual({ ok: false, error: message });
  });

  test.for(
    tableUnder("What differs").map(([, pattern, text]) => ({
      pattern: pattern?.[0] ?? "",
      text: textOf(text?.[0] ?? ""),
    })),
  )("$pattern differs from Perl on the text it names", ({ pattern, text }) => {
    const perl = perlFinds([pattern], [text]);
    if (perl !== undefined) expect([weFind(pattern, [text])]).not.toEqual(perl);
  });
});
