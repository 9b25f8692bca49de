import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { report } from "../../../../src/config/diagnostics.ts";
import { directives } from "../../../../src/config/text/directives.ts";
import { parse } from "../../../../src/config/text/parse.ts";
import { plainBlanks } from "../../../../src/config/text/quotes.ts";
import { closestWord } from "../../../../src/config/text/suggestion.ts";
import { messagesOf, read } from "../read.ts";

const names = directives.map(({ name }) => name);
const noise = fc.string({ unit: "binary", maxLength: 30 });
const line = fc.oneof(
  noise,
  fc
    .tuple(
      fc.constantFrom("", "    ", "\t", "  \t", "   ", "\u00a0"),
      fc.oneof(fc.constantFrom(...names), noise),
      fc.constantFrom("=", " = ", "", " "),
      fc.oneof(
        noise,
        fc.constantFrom(
          "yes",
          "no",
          "5",
          '"x"',
          "192.0.2.1:80",
          "[::1]:80",
          "“x”",
          '"a#b" # c',
          "7",
        ),
        fc.constantFrom(
          "192.0.2.1:80 gate 1",
          '192.0.2.1->192.0.2.3 masq "a", "b" l:1 u:2',
          "a:b c",
        ),
      ),
      fc.constantFrom("", " ", " # c", "\r"),
    )
    .map((parts) => parts.join("")),
);
const file = fc.array(line, { maxLength: 20 }).map((lines) => lines.join("\n"));

describe("any text whatever", () => {
  test("is parsed without an exception, and every place it names is in the file", () => {
    fc.assert(
      fc.property(file, (text) => {
        const { ast, findings } = parse(text);
        const lines = text.split("\n").length;
        const places = [...findings.kept, ...ast.globals, ...ast.virtuals.map(({ head }) => head)];
        for (const place of places) {
          expect(place.line).toBeGreaterThan(0);
          expect(place.line).toBeLessThanOrEqual(lines);
          expect(place.column).toBeGreaterThan(0);
        }
      }),
    );
  });

  test("is loaded or refused with a reason, and reported in single lines", async () => {
    await fc.assert(
      fc.asyncProperty(file, async (text) => {
        const loaded = await read(text);
        const lines = report(loaded, "t.cf", 7);
        if (!loaded.ok) expect(lines.length).toBeGreaterThan(0);
        expect(lines.filter(({ text }) => text.includes("\n"))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

test("what is printed is parsed back", () => {
  const statement = fc.tuple(
    fc.constantFrom("request", "receive", "scheduler", "comment", "checktype"),
    fc.stringMatching(/^[a-z0-9/.]{1,12}$/),
  );
  fc.assert(
    fc.property(fc.array(fc.array(statement)), (blocks) => {
      const text = blocks
        .map((body, i) =>
          [`virtual=${i + 1}`, ...body.map(([n, v]) => `    ${n} = ${v}`)].join("\n"),
        )
        .join("\n\n");
      const { ast, findings } = parse(`${text}\n`);
      expect(findings.kept).toEqual([]);
      const read = ast.virtuals.map(({ body }) => body.map(({ name, value }) => [name, value]));
      expect(read).toEqual(blocks);
    }),
  );
});

describe("lines and blocks", () => {
  const bodies = (text: string) =>
    parse(text).ast.virtuals.map(({ body }) => body.map(({ name }) => name));

  test.for<[name: string, text: string, expected: string[][]]>([
    ["a tab indents", "virtual=1\n\tservice=http\n", [["service"]]],
    ["two blanks and a tab indent", "virtual=1\n  \tservice=http\n", [["service"]]],
    ["a comment at the edge does not end a block", "virtual=1\n#\n    ops=no\n", [["ops"]]],
    ["a wide blank line does not end a block", "virtual=1\n      \n    ops=no\n", [["ops"]]],
    ["a virtual service may have no lines", "virtual=1\nvirtual=2\n", [[], []]],
    ["the last line of the file may be a virtual service", "virtual=1", [[]]],
    ["the next global directive ends a block", "virtual=1\n    ops=no\nfork=no\n", [["ops"]]],
  ])("%s", ([, text, expected]) => {
    expect(parse(text).findings.kept).toEqual([]);
    expect(bodies(text)).toEqual(expected);
  });

  test("a run of lines below an ended block is told once, and read all the same", async () => {
    const text = "virtual=1\n    service=http\n\n    checktype=conect\n    cheksum=1\n";
    expect(await messagesOf(text)).toEqual([
      expect.stringContaining("error 4: a blank line (3) ended the virtual service of line 1"),
      expect.stringContaining('error 4: "conect" is no checktype; did you mean "connect"?'),
      expect.stringContaining("error 5: no such directive in a virtual service"),
    ]);
  });
});

test("odd blanks are plain ones, save inside quotes", () => {
  expect(plainBlanks('a\u00a0=\u00a0"b\u00a0c"\u3000')).toBe('a = "b\u00a0c" ');
});

test.for<[word: string, near: string | undefined]>([
  ["sheduler", "scheduler"],
  ["recieve", "receive"],
  ["CheckType", "checktype"],
  ["wieght", undefined],
  ["x", undefined],
])("the nearest directive to %s is %s", ([word, near]) => {
  expect(closestWord(word, names)).toBe(near);
});
