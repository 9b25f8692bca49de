// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so keepalived writes a parameter
import { expect, test } from "vitest";
import { tokensOf, withoutComment } from "../../../../src/keepalived/text/words.ts";

/** Words in ⟨⟩, braces as they are. */
const tokens = (line: string): string =>
  tokensOf(line)
    .map((token) => (token.kind === "word" ? `<${token.text}>` : token.kind === "open" ? "{" : "}"))
    .join(" ");

test.for<[line: string, tokens: string]>([
  ["", ""],
  ["  delay_loop\t6  ", "<delay_loop> <6>"],
  ["url { path / }", "<url> { <path> </> }"],
  ["TCP_CHECK{", "<TCP_CHECK> {"],
  ['abcd" efg h jkl "mnop', "<abcd efg h jkl mnop>"],
  ['abcd "efg h jkl" mnop', "<abcd> <efg h jkl> <mnop>"],
  [`notify_up 'a "b" c' "it's"`, `<notify_up> <a "b" c> <it's>`],
  [`path /it's "it's"`, "<path> </it's> <it's>"],
  ['path ""', "<path> <>"],
  ["path ${NOBODY}/x", "<path> <${NOBODY}/x>"],
  ["path {${A}}", "<path> { <${A}> }"],
  // Escapes are for the words that keepalived reads so.
  [String.raw`path a\"b c\"`, "<path> <a\\b c\\>"],
  [String.raw`regex "a\"b\\c\x41\101\n"`, '<regex> <a"b\\cAA\n>'],
  [String.raw`regex a\ b \cA`, "<regex> <a b> <\x01>"],
  [String.raw`regex \d\.`, "<regex> <d.>"],
  ['regex "no end', "<regex> <no end>"],
  ["regex \\", "<regex> <\\>"],
])("%s", ([line, wanted]) => {
  expect(tokens(line)).toBe(wanted);
});

test.for<[line: string, rest: string]>([
  ["weight 1 # of ten", "weight 1 "],
  ["weight 1!", "weight 1"],
  ['path "a#b!c" # d', 'path "a#b!c" '],
  ["path 'a#b'", "path 'a#b'"],
  [String.raw`regex \#1 # 2`, String.raw`regex \#1 `],
  ["# all of it", ""],
])("comments go: %s", ([line, rest]) => {
  expect(withoutComment(line)).toBe(rest);
});
