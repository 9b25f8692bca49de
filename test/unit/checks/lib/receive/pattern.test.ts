import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compilePattern } from "../../../../../checks/lib/receive/pattern.ts";
import { fits, patternOf } from "./engines.ts";

/** @param text a reply as people write it; it is matched as the bytes of its UTF-8 */
const matches = (pattern: string, text: string): boolean =>
  fits(patternOf(pattern), Buffer.from(text, "utf8").toString("latin1"));

const cases: readonly [pattern: string, text: string, found: boolean][] = [
  ["Test Page", "<h1>Test Page</h1>", true],
  ["test page", "Test Page", false],
  ["(?i)test page", "Test Page", true],
  ["a(?i:b)c", "aBc", true],
  ["a(?i:b)c", "aBC", false],
  ["(?^i:b)", "B", true],
  ["(?i)a(?^:b)", "AB", false],
  ["^ok$", "ok\n", true],
  ["^ok$", "ok\n\n", false],
  ["^ok\\Z", "ok\n", true],
  ["^ok\\z", "ok\n", false],
  ["\\Aok", "not ok", false],
  ["(?m)^ok$", "not\nok\nat all", true],
  ["^ok$", "not\nok\nat all", false],
  ["(?m:^ok$)x?$", "ok\nx", false],
  ["a.b", "a\nb", false],
  ["(?s)a.b", "a\nb", true],
  ["^.$", "é", false],
  ["^..$", "é", true],
  ["Grüße", "viele Grüße", true],
  ["^[é]+$", "é", true],
  ["\\d{3}", "abc123", true],
  ["^\\w+$", "a_1", true],
  ["^\\w+$", "é", false],
  ["^\\s$", "\v", true],
  ["^[\\s]$", "\v", true],
  ["^\\S$", "\v", false],
  ["^[^\\S]$", "\v", true],
  ["^\\h+$", " \t", true],
  ["^\\H+$", "ab", true],
  ["a\\Rb", "a\r\nb", true],
  ["^\\N+$", "ab", true],
  ["^\\v$", "\n", true],
  ["\\e\\[0m", "\u001b[0m", true],
  ["\\x41\\x{42}\\x9", "AB\t", true],
  ["\\0\\012", "\0\n", true],
  ["\\o{101}", "A", true],
  ["\\cA", "\u0001", true],
  ["^[\\b]$", "\b", true],
  ["\\bok\\b", "is ok.", true],
  ["[[:alpha:]]+\\d", "abc1", true],
  ["[[:^digit:]]", "1", false],
  ["[]a]", "]", true],
  ["^[^]a]$", "]", false],
  ["[[a]", "[", true],
  ["a{2,3}b", "aab", true],
  ["a{,2}b", "b", true],
  ["a{x}", "a{x}", true],
  ["{", "a{", true],
  ["a+?b??", "aab", true],
  ["(?<n>a)(?'m'b)(?P<o>c)(?|d|e)", "abce", true],
  ["a(?#remark)b", "ab", true],
  ["(?<=a)b", "ab", true],
  ["(?<!a)b", "ab", false],
  ["a\\Kb", "ab", true],
  ["1\\.0/24", "1.0/24", true],
  ["a|b|", "xyz", true],
  ["\\y\\-\\é", "y-é", true],
  ["100%", "100%", true],
  ["@example.org $", "@example.org ", true],
];

test.for(cases)("%j in %j: %j", ([pattern, text, found]) => {
  expect(matches(pattern, text)).toBe(found);
});

test("\\Q quotes up to \\E", () => {
  expect(matches("^\\Qa.b*\\Ec+$", "a.b*cc")).toBe(true);
  expect(matches("^\\Qa.b\\E$", "axb")).toBe(false);
  expect(matches("^\\Qa.b", "a.b")).toBe(true);
});

test("what RE2 has not is left to JavaScript", () => {
  const { re2, javaScript } = patternOf("^(?!.*error)");
  expect([re2, javaScript]).toEqual([undefined, expect.any(String)]);
});

describe("what Perl can and we can not leaves the server down, and says why", () => {
  test.for([
    ["(?R)?a", "`(?R` (recursion) is not supported"],
    ["(a)?(?(1)b|c)", "`(?(` (a condition) is not supported"],
    ["(a)?\\1", "`\\1` (a back-reference to a group that may be left out) is not supported"],
    ["(?:(a)|b)\\1", "`\\1` (a back-reference to a group that may be left out) is not supported"],
    ["\\1(a)", "`\\1` (a back-reference to a group behind it) is not supported"],
    ["(?i)(a)\\1", "`\\1` (a back-reference regardless of case) is not supported"],
    ["a(*ACCEPT)b", "`(*ACCEPT` (a backtracking verb) is not supported"],
    ["\\b{wb}", "`\\b{wb}` is not supported"],
    ["\\x{20ac}", "`\\x{20ac}` (no byte: write the character itself) is not supported"],
    ["(a{1000}){1000}", "a pattern so long, with its counts spelt out, is not supported"],
  ])("%s", ([pattern = "", staysDown]) => {
    expect(compilePattern(pattern)).toEqual({ ok: true, value: { staysDown } });
  });
});

describe("what Perl does not take either is a mistake", () => {
  test.for([
    ["(?{exit})", "`(?{` (code in a pattern) is not supported"],
    ["(a)\\2", "`\\2` refers to no group"],
    ["a**", "invalid nested repetition operator: `**`"],
    ["a{70000}", "invalid repeat count: `{70000}`"],
    ["é(a", "missing closing ): `(a`"],
    ["[a", "`[a`: the `[` is never closed"],
    ["[b-a]", "invalid range in `[b-a`"],
    ["a\\", "a backslash ends the pattern"],
    ["*a", "missing argument to repetition operator: `*`"],
    ["a)", "unexpected ): `a)`"],
    ["(?z)", "there is no flag `z`: `(?z)`"],
  ])("%s", ([pattern = "", problem]) => {
    expect(compilePattern(pattern)).toEqual({ ok: false, error: problem });
  });
});

const hasPerl = spawnSync("perl", ["-e", "1"]).status === 0;

/** What Perl itself finds: true, false, or undefined for a pattern it refuses. One process for all. */
function perlFinds(
  pairs: readonly (readonly [string, string])[],
): readonly (boolean | undefined)[] {
  const hex = (text: string): string => Buffer.from(text, "utf8").toString("hex");
  const script = `while (<STDIN>) {
    my ($pattern, $text) = map { pack "H*", $_ } /([0-9a-f]*),([0-9a-f]*)/;
    local $SIG{__WARN__} = sub {};
    my $found = eval { $text =~ /$pattern/ ? 1 : 0 };
    print defined $found ? $found : "x";
  }`;
  const input = pairs.map((pair) => pair.map(hex).join(",")).join("\n");
  const { stdout } = spawnSync("perl", ["-e", script], { input, encoding: "latin1" });
  return [...stdout].map((char) => (char === "x" ? undefined : char === "1"));
}

describe.skipIf(!hasPerl)(hasPerl ? "Perl agrees" : "Perl agrees (skipped: no perl)", () => {
  test("with every line above", () => {
    const asked = cases.map(([pattern, text]) => [pattern, text] as const);
    expect(perlFinds(asked)).toEqual(cases.map(([, , found]) => found));
  });

  test("with patterns put together at random", () => {
    const atom = fc.constantFrom(
      ...["a", "b", ".", "\\d", "\\w", "\\s", "\\S", "\\h", "\\v", "\\N", "[ab]", "[^a]"],
      ...["[\\s1]", "[^\\S]", "[[:alpha:]]", "\\x61", "\\n", "1", "-", "\\.", "é", "\\b", "\\B"],
    );
    const quantifier = fc.constantFrom(
      "",
      "",
      "",
      "*",
      "+",
      "?",
      "{2}",
      "{1,2}",
      "{,1}",
      "*?",
      "+?",
    );
    // Not among them: `$` with more behind it and \R, which differ (see perl-pattern.ts), and (?m), where
    // Perl 5.36 itself errs: it does not find /(?m)^\b.*?\Z/ in "b".
    const start = fc.constantFrom("", "", "^", "\\A", "(?s)", "(?i)");
    const end = fc.constantFrom("", "", "$", "\\Z", "\\z");
    const piece = fc.tuple(atom, quantifier).map(([a, q]) => (/^\\[bB]$/.test(a) ? a : a + q));
    const pieces = fc.array(piece, { minLength: 1, maxLength: 4 }).map((all) => all.join(""));
    const group = fc
      .tuple(fc.constantFrom("(", "(?:", "(?s:", "(?i:", "(?<n>"), pieces, pieces)
      .map(([open, left, right]) => `${open}${left}|${right})`);
    const pattern = fc
      .tuple(start, fc.oneof(pieces, group), fc.oneof(pieces, group, fc.constant("")), end)
      .map((all) => all.join(""));
    const text = fc
      .array(fc.constantFrom("a", "b", "A", "1", "-", ".", " ", "\n", "\r\n", "\v", "é"), {
        maxLength: 6,
      })
      .map((all) => all.join(""));

    const pairs = fc.sample(fc.tuple(pattern, text), { numRuns: 1000, seed: 1 });
    const perl = perlFinds(pairs);
    const differences = pairs.flatMap(([source, subject], index) => {
      const ours = matches(source, subject);
      return ours === perl[index] ? [] : [{ source, subject, ours, perl: perl[index] }];
    });
    expect(differences).toEqual([]);
  });
});
