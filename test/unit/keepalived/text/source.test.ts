import { expect, test } from "vitest";
import { braces, fits, includeIn } from "../../../../src/keepalived/text/source.ts";
import { cpuMs } from "../../../support/cpu.ts";

test.for<[line: string, pattern: string | undefined]>([
  ["include /etc/keepalived/a.conf", "/etc/keepalived/a.conf"],
  ["  includer conf.d/*.conf # maybe", "conf.d/*.conf"],
  ["includea a b.conf ", "a b.conf"],
  // keepalived takes the quotes for a part of the name.
  ['include "a.conf"', '"a.conf"'],
  ["include_check +match", undefined],
  ["# include a.conf", undefined],
  ["includes a.conf", undefined],
])("%s", ([line, pattern]) => {
  expect(includeIn(line)).toBe(pattern);
});

test.for<[name: string, pattern: string, fits: boolean]>([
  ["a.conf", "*.conf", true],
  ["a.conf.bak", "*.conf", false],
  [".a.conf", "*.conf", false],
  [".a.conf", ".*.conf", true],
  ["10-web.conf", "[0-9][0-9]-*.conf", true],
  ["x0-web.conf", "[!a-z]*", false],
  ["a]b", "a[]]b", true],
  ["abc", "a?c", true],
  ["ac", "a?c", false],
  ["a[c", "a[c", true],
  ["aXbXc", "a*b*c", true],
  ["aXbX", "a*b*c", false],
])("%s and %s: %s", ([name, pattern, wanted]) => {
  expect(fits(name, pattern)).toBe(wanted);
});

test("a pattern of many stars takes no long time", () => {
  const look = () => expect(fits("a".repeat(255), `${"*a".repeat(120)}*b`)).toBe(false);
  expect(cpuMs(look)).toBeLessThan(1_000);
});

test("braces are alternatives, one in another, and bounded", () => {
  expect(braces("/x/{foo/{,cat,dog},bar}.conf", 10)).toEqual([
    "/x/foo/.conf",
    "/x/foo/cat.conf",
    "/x/foo/dog.conf",
    "/x/bar.conf",
  ]);
  expect(braces("{a}", 10)).toEqual(["{a}"]);
  expect(braces("{a,b}".repeat(40), 1_000).length).toBeLessThanOrEqual(1_000);
});
