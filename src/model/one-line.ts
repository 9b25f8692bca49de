/**
 * What no line of ours may hold, whoever its text is from: control characters (C0, DEL, C1), line and
 * paragraph separators, marks that turn the direction of writing, invisible marks, halves of characters.
 * A terminal obeys them, a reader is fooled by them, and a log grows lines that nobody wrote.
 */
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u2060\ufeff\ufff9-\ufffb]/gu;
const blanks = /[ \p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u2060\ufeff\ufff9-\ufffb]+/gu;

/** @param write how each of them is to stand in the text */
export const withoutUnprintable = (text: string, write: (char: string) => string): string =>
  text.replace(unprintable, write);

/** More than any message that makes sense, in characters. */
const maxLineChars = 8192;

/** Any text as one line, its own blanks and tabs kept; what follows a line end is joined by a blank. */
export function printable(text: string): string {
  const [first = "", ...rest] = text.split(/[\r\n]+/);
  const line = [first, ...rest.map((each) => each.trim()).filter((each) => each !== "")].join(" ");
  return cut(
    line.replace(unprintable, (char) => (char === "\t" ? char : " ")),
    maxLineChars,
  );
}

/** As long as an answer is told, in characters. */
const usualChars = 200;

/** Text from somebody else as part of a line: printable, each run of blanks one, bounded. */
export const oneLine = (text: string, maxChars = usualChars): string =>
  cut(
    text
      .slice(0, maxChars * 4)
      .replace(blanks, " ")
      .trim(),
    maxChars,
  );

/** No half of a character at its end. */
const cut = (text: string, maxChars: number): string =>
  text.length > maxChars ? `${text.slice(0, maxChars).replace(/[\ud800-\udbff]$/, "")}…` : text;
