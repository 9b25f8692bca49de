/** Typographic quotes that word processors and web pages put where a plain one belongs. */
const typographic = /[“”„‟«»‘’‚‛″]/;

export interface CleanLine {
  readonly text: string;
  /** The trailing comment that was cut off, with its `#`. */
  readonly comment?: string;
  /** A typographic quote was taken as a plain one. */
  readonly wasStraightened: boolean;
}

/**
 * One directive line without its trailing comment and with plain quotes around its strings. The length
 * of what is left does not change, so columns stay true.
 * A `#` between an opening and a closing quote is content. A lone quote opens nothing.
 * @param needsBlank a `#` begins a comment only at the start of a word (global directives)
 */
export function cleanLine(line: string, options: { readonly needsBlank: boolean }): CleanLine {
  const text = straighten(line);
  const cut = commentStart(text, options.needsBlank);
  const wasStraightened = text.slice(0, cut) !== line.slice(0, cut);
  if (cut === text.length) return { text, wasStraightened };
  return { text: text.slice(0, cut), comment: text.slice(cut), wasStraightened };
}

function commentStart(text: string, needsBlank: boolean): number {
  let open = false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') open = open ? false : text.includes('"', i + 1);
    else if (text[i] === "#" && !open && (!needsBlank || /[\s=]/.test(text[i - 1] ?? " ")))
      return i;
  }
  return text.length;
}

/**
 * Typographic quotes at the borders of a string become plain ones; those inside it are content.
 * A string may begin behind the first `=`, a blank or a comma; one that a plain quote opens ends at
 * a typographic one only when no plain quote follows.
 */
function straighten(line: string): string {
  if (!typographic.test(line)) return line;
  const chars = [...line].every((char) => char.length === 1) ? [...line] : line.split("");
  const start = line.indexOf("=") + 1;
  if (start === 0) return line;
  let openedBy: "plain" | "typographic" | undefined;
  for (let i = start; i < chars.length; i++) {
    const char = chars[i] ?? "";
    const isTypographic = typographic.test(char);
    if (openedBy === undefined) {
      if (char === "#") break;
      if (char === '"') openedBy = "plain";
      else if (isTypographic && /[=\s,]/.test(chars[i - 1] ?? "") && closes(chars, i + 1)) {
        chars[i] = '"';
        openedBy = "typographic";
      }
    } else if (char === '"') {
      openedBy = undefined;
    } else if (isTypographic && endsString(chars, i)) {
      if (openedBy === "plain" && chars.indexOf('"', i) >= 0) continue;
      chars[i] = '"';
      openedBy = undefined;
    }
  }
  return chars.join("");
}

const endsString = (chars: readonly string[], i: number): boolean =>
  /[\s,#]/.test(chars[i + 1] ?? " ");

/** Whether a quote that closes a string stands at `from` or later. */
const closes = (chars: readonly string[], from: number): boolean =>
  chars.some(
    (char, i) => i >= from && (char === '"' || (typographic.test(char) && endsString(chars, i))),
  );

/** Blanks that look plain but are not: no-break, ideographic and typographic ones. */
const oddBlank = /[\u00a0\u2000-\u200a\u202f\u205f\u3000]/;

/** `line` with plain blanks for odd ones, save between double quotes, where they are content. */
export function plainBlanks(line: string): string {
  if (!oddBlank.test(line)) return line;
  let open = false;
  let text = "";
  for (let i = 0; i < line.length; i++) {
    const char = line[i] ?? "";
    if (char === '"') open = open ? false : line.includes('"', i + 1);
    text += !open && oddBlank.test(char) ? " " : char;
  }
  return text;
}
