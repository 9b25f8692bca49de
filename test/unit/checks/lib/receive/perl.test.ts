/** `receive` as Perl itself takes it: what was recorded from it, what it says today, and what docs/patterns.md says. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compilePattern } from "../../../../../checks/lib/receive/pattern.ts";
import recorded from "../../../../support/fixtures/patterns.json" with { type: "json" };
import { perlFinds } from "../../../../support/fixtures/record-patterns.mjs";
import { fits, patternOf } from "./engines.ts";

const { texts, patterns } = recorded;

/** Places of the texts that `pattern` is found in. */
function weFind(pattern: string, among: readonly string[]): readonly number[] {
  const compiled = patternOf(pattern);
  return among.flatMap((text, place) => (fits(compiled, text) ? [place] : []));
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
  const text = readFileSync(new URL("../../../../../docs/patterns.md", import.meta.url), "utf8");
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
    expect(tableUnder("What leaves a server down").length).toBeGreaterThan(5);
    expect(tableUnder("What is refused").length).toBeGreaterThan(5);
    expect(tableUnder("What differs").length).toBeGreaterThan(1);
  });

  test.for(same)("$pattern finds what it says", ({ pattern, finds, not }) => {
    const among = [...finds, ...not];
    const expected = finds.map((_text, place) => place);
    expect(weFind(pattern, among)).toEqual(expected);
    const perl = perlFinds([pattern], among);
    if (perl !== undefined) expect(perl).toEqual([expected]);
  });

  const withMessage = (heading: string) =>
    tableUnder(heading).map(([, pattern, message]) => ({
      pattern: pattern?.[0] ?? "",
      message: message?.[0] ?? "",
    }));

  test.for(withMessage("What leaves a server down"))(
    "$pattern is not searched for, in the words it says, though Perl does",
    ({ pattern, message }) => {
      expect(compilePattern(pattern)).toEqual({ ok: true, value: { staysDown: message } });
      if (now !== undefined) expect(perlFinds([pattern], ["x"])?.[0]).toBeDefined();
    },
  );

  test.for(withMessage("What is refused"))(
    "$pattern is refused in the words it says, and by Perl",
    ({ pattern, message }) => {
      expect(compilePattern(pattern)).toEqual({ ok: false, error: message });
      if (now !== undefined) expect(perlFinds([pattern], ["x"])?.[0]).toBeUndefined();
    },
  );

  test.for(
    tableUnder("What differs").map(([, pattern, text]) => ({
      pattern: pattern?.[0] ?? "",
      text: textOf(text?.[0] ?? ""),
    })),
  )("$pattern differs from Perl on the text it names", ({ pattern, text }) => {
    const perl = perlFinds([pattern], [text]);
    const { re2, javaScript } = patternOf(pattern);
    const ours = re2?.program.test(text) ?? new RegExp(javaScript ?? "").test(text);
    if (perl !== undefined) expect([ours ? [0] : []]).not.toEqual(perl);
  });
});
