// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so keepalived writes a parameter
import { expect, test } from "vitest";
import { Findings } from "../../../../src/keepalived/finding.ts";
import { expanded } from "../../../../src/keepalived/text/expand.ts";

function expand(text: string) {
  const findings = new Findings();
  const source = text
    .split("\n")
    .map((line, i) => ({ file: "/etc/k.conf", line: i + 1, text: line }));
  const lines = expanded(source, findings, { configId: "lb1" });
  return {
    text: lines.map((line) => line.text.trim()).filter((line) => line !== ""),
    found: findings.kept.map(({ line, kind, what }) => `${line} ${kind} ${what}`),
  };
}

test("a parameter is put in when it is used, not when it is defined", () => {
  const { text, found } = expand(
    "$BASE=10.2.${SUB}\n$SUB=0\n${BASE}.100/32\n$SUB=10\n${BASE}.100/32",
  );
  expect(text).toEqual(["10.2.0.100/32", "10.2.10.100/32"]);
  expect(found).toEqual([]);
});

test("without braces it ends at a blank, and what nobody defined stays", () => {
  expect(expand("$A=1\nweight $A\nweight $AB $A.5 ${B} $A").text).toEqual([
    "weight 1",
    "weight $AB $A.5 ${B} 1",
  ]);
});

test("one of many lines takes its braces and definitions with it", () => {
  const { text } = expand(
    "$R= \\\n  real_server 10.0.0.$N 80 { \\\n  weight ${N} \\\n  }\n$N=1\n$R\n$N=2\n$R",
  );
  expect(text).toEqual([
    "real_server 10.0.0.1 80 {",
    "weight 1",
    "}",
    "real_server 10.0.0.2 80 {",
    "weight 2",
    "}",
  ]);
});

test("what keepalived defines", () => {
  expect(expand("path ${_PWD}/${_INSTANCE}${_HASH}${_BANG}").text).toEqual(["path /etc/lb1#!"]);
});

test("lines for another config-id are left out, which is told once for each", () => {
  const { text, found } = expand(
    "@lb1 weight 1\n@lb2 weight 2\n@lb2 weight 3\n@^lb1 weight 4\n@^lb2 weight 5\n$IF=@lb2\n$IF weight 6",
  );
  expect(text).toEqual(["weight 1", "weight 5"]);
  expect(found).toEqual(["2 differs @lb2", "4 differs @^lb1"]);
});

test.for<[name: string, text: string]>([
  ["one that names itself", "$A=${A}\nweight $A"],
  ["two that name one another", "$A=$B\n$B=$A\nweight $A"],
  ["ever longer ones", "$A=aaaaaaaaaaaaaaaa${B}${B}\n$B=${A}${A}\npath $A"],
  ["lines within lines", "$A= \\\n$A \\\n$A\n$A"],
])("%s: it ends, and is told", ([, text]) => {
  const { text: lines, found } = expand(text);
  expect(lines.length).toBeLessThan(1_000);
  expect(found.length).toBeGreaterThan(0);
});

test("a sequence is told of", () => {
  expect(expand("~SEQ(N, 1, 3) weight $N")).toEqual({
    text: [],
    found: ["1 lost ~SEQ(N, 1, 3) weight $N"],
  });
});
