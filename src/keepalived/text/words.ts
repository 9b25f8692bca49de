/** One line to its words, as keepalived.conf(5), "Quoted strings", has it. */

/** A word, or one of the braces of a block. */
export type Token =
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "open" }
  | { readonly kind: "close" };

const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  E: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** The words in whose values there are single quotes, and escapes; elsewhere these signs stand for themselves. */
const escaped: ReadonlySet<string> = new Set(
  "regex misc_path notify_up notify_down quorum_up quorum_down".split(" "),
);

/** The line without its comment: `#` and `!` begin one anywhere but between quotes. */
export function withoutComment(line: string): string {
  let quote = "";
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] ?? "";
    if (char === "\\") at += 1;
    else if (quote !== "") quote = char === quote ? "" : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === "#" || char === "!") return line.slice(0, at);
  }
  return line;
}

/** @param line has no comment any more */
export function tokensOf(line: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < line.length) {
    const char = line[at] ?? "";
    if (/\s/.test(char)) at += 1;
    else if (char === "{" || char === "}") {
      tokens.push({ kind: char === "{" ? "open" : "close" });
      at += 1;
    } else {
      const first = tokens[0];
      const hasEscapes = first?.kind === "word" && escaped.has(first.text);
      const [text, next] = wordAt(line, at, hasEscapes);
      tokens.push({ kind: "word", text });
      at = next;
    }
  }
  return tokens;
}

/** @returns the word, and where what follows it begins */
function wordAt(line: string, from: number, hasEscapes: boolean): readonly [string, number] {
  const text: string[] = [];
  let quote = "";
  let isParameter = false;
  let at = from;
  for (; at < line.length; at += 1) {
    const char = line[at] ?? "";
    if (char === "\\" && hasEscapes) {
      const [meant, length] = escapeAt(line.slice(at, at + 5));
      text.push(meant);
      at += length - 1;
    } else if (quote !== "") {
      if (char === quote) quote = "";
      else text.push(char);
    } else if (char === '"' || (char === "'" && hasEscapes)) quote = char;
    else if (/\s/.test(char)) break;
    else if (char === "{" && line[at - 1] === "$") {
      // `${NAME}` of a parameter that nobody defined.
      isParameter = true;
      text.push(char);
    } else if (char === "}" && isParameter) {
      isParameter = false;
      text.push(char);
    } else if (char === "{" || char === "}") break;
    else text.push(char);
  }
  return [text.join(""), at];
}

/** @param text begins with the backslash @returns what is meant, and how long the escape is */
function escapeAt(text: string): readonly [string, number] {
  const [octal, digits = ""] = /^\\([0-7]{1,3})/.exec(text) ?? [];
  if (octal !== undefined) return [String.fromCharCode(Number.parseInt(digits, 8)), octal.length];
  const [hex, hexDigits = ""] = /^\\x([0-9A-Fa-f]{1,2})/.exec(text) ?? [];
  if (hex !== undefined) return [String.fromCharCode(Number.parseInt(hexDigits, 16)), hex.length];
  const [, control] = /^\\c([@-_a-z])/.exec(text) ?? [];
  if (control !== undefined) return [String.fromCharCode(control.charCodeAt(0) & 0x1f), 3];
  const char = text[1] ?? "\\";
  return [escapes[char] ?? char, Math.min(text.length, 2)];
}
