/** What stands for one byte in a Perl pattern, or for a set of them: escapes, properties, classes. */
import { type ByteSet, bytesOf, bytesWhere, complement, foldCase } from "./byte-set.ts";
import type { Cursor } from "./perl-cursor.ts";
import { BeyondUs, Malformed } from "./perl-errors.ts";

/** Of the flags of Perl, those that say which bytes are meant. */
export interface ByteFlags {
  readonly i: boolean;
  /** 2: (?xx), blanks in classes do not count either. */
  readonly x: 0 | 1 | 2;
}

export const any = bytesWhere(() => true);
const classes: ReadonlyMap<string, ByteSet> = new Map([
  ["d", bytesOf(/[0-9]/)],
  ["w", bytesOf(/[0-9A-Za-z_]/)],
  ["s", bytesOf(/[\t-\r ]/)],
  ["h", bytesOf(/[\t \xa0]/)],
  ["v", bytesOf(/[\n-\r\x85]/)],
]);
export const notNewline = bytesOf(/[^\n]/);
const posix: ReadonlyMap<string, ByteSet> = new Map([
  ["alpha", bytesOf(/[A-Za-z]/)],
  ["digit", bytesOf(/[0-9]/)],
  ["alnum", bytesOf(/[0-9A-Za-z]/)],
  ["upper", bytesOf(/[A-Z]/)],
  ["lower", bytesOf(/[a-z]/)],
  ["space", bytesOf(/[\t-\r ]/)],
  ["blank", bytesOf(/[\t ]/)],
  ["punct", bytesOf(/[!-/:-@[-`{-~]/)],
  ["print", bytesOf(/[ -~]/)],
  ["graph", bytesOf(/[!-~]/)],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
  ["cntrl", bytesOf(/[\x00-\x1f\x7f]/)],
  ["xdigit", bytesOf(/[0-9A-Fa-f]/)],
  ["word", bytesOf(/[0-9A-Za-z_]/)],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
  ["ascii", bytesOf(/[\x00-\x7f]/)],
]);
const controls: ReadonlyMap<string, number> = new Map([
  ["t", 9],
  ["n", 10],
  ["f", 12],
  ["r", 13],
  ["a", 7],
  ["e", 27],
]);

/** An escape for a set of bytes, as it may also stand in a class. */
export function escapedSet(cursor: Cursor, flags: ByteFlags): ByteSet {
  const [, letter = ""] = cursor.take(/\\([dwshvDWSHV])/) ?? [];
  const set = classes.get(letter.toLowerCase());
  if (set !== undefined) return /[a-z]/.test(letter) ? set : complement(set);
  if (cursor.take(/\\N(?!\{(?![\s\d,]+\}))/)) return notNewline;
  const property = cursor.take(/\\([pP])(?:\{\s*(\^?)([^}]*?)\s*\}|(\w))/);
  if (property) return propertySet(property, flags);
  const code = escapedByte(cursor);
  return bytesWhere((each) => each === code);
}

function propertySet(
  [source, letter, negation, inBraces, short]: RegExpExecArray,
  flags: ByteFlags,
): ByteSet {
  if (flags.i) throw new BeyondUs(`\`${source}\` regardless of case`);
  try {
    const set = bytesOf(new RegExp(`\\p{${inBraces ?? short}}`, "u"));
    return (letter === "P") === (negation === "^") ? set : complement(set);
  } catch {
    throw new BeyondUs(`\`${source}\` (a property)`);
  }
}

/** An escape for one byte. */
function escapedByte(cursor: Cursor): number {
  const hex =
    cursor.take(/\\x\{\s*([0-9A-Fa-f_]*)\s*\}/) ??
    cursor.take(/\\x([0-9A-Fa-f]{0,2})/) ??
    cursor.take(/\\N\{U\+([0-9A-Fa-f]+)\}/);
  if (hex) return oneByte(hex[0], Number.parseInt(hex[1] ?? "", 16) || 0);
  const octal = cursor.take(/\\o\{\s*([0-7]+)\s*\}/) ?? cursor.take(/\\([0-7]{1,3})/);
  if (octal) return oneByte(octal[0], Number.parseInt(octal[1] ?? "", 8));
  const control = cursor.take(/\\c([?-_a-z])/)?.[1];
  if (control !== undefined) return control.toUpperCase().charCodeAt(0) ^ 64;
  const other = cursor.take(/\\([\s\S])/)?.[1];
  if (other === undefined) throw new Malformed("a backslash ends the pattern");
  if (/[pPNoc]/.test(other)) throw new Malformed(`\`\\${other}\` is not complete`);
  return controls.get(other) ?? other.charCodeAt(0);
}

function oneByte(source: string, code: number): number {
  if (code > 0xff) throw new BeyondUs(`\`${source}\` (no byte: write the character itself)`);
  return code;
}

/** A class in brackets, negation and case included. */
export function bracketed(cursor: Cursor, flags: ByteFlags): ByteSet {
  const start = cursor.at;
  const isNegated = cursor.take(/\[(\^?)/)?.[1] === "^";
  const members = new Set<number>();
  const add = (set: ByteSet): void => {
    set.forEach((has, code) => {
      if (has) members.add(code);
    });
  };
  const blanks = flags.x === 2 ? /[\t ]+/ : /(?!)/;
  for (let isFirst = true; ; isFirst = false) {
    cursor.take(blanks);
    if (cursor.isAtEnd) {
      const shown = cursor.text.slice(start, start + 10);
      throw new Malformed(`\`${shown}\`: the \`[\` is never closed`);
    }
    if (!isFirst && cursor.take(/\]/)) break;
    const from = member(cursor, flags);
    cursor.take(blanks);
    const isRange = typeof from === "number" && /^-(?!\])/.test(cursor.rest);
    if (!isRange) {
      if (typeof from === "number") members.add(from);
      else add(from);
      continue;
    }
    cursor.skip();
    cursor.take(blanks);
    const to = member(cursor, flags);
    if (typeof to !== "number") {
      // `[a-\d]`: then the hyphen is one.
      for (const code of [from, 0x2d]) members.add(code);
      add(to);
      continue;
    }
    if (to < from)
      throw new Malformed(`invalid range in \`${cursor.text.slice(start, cursor.at)}\``);
    for (let code = from; code <= to; code++) members.add(code);
  }
  const set = bytesWhere((code) => members.has(code));
  const folded = flags.i ? foldCase(set) : set;
  return isNegated ? complement(folded) : folded;
}

/** One thing in a class: a byte, or a set of them. */
function member(cursor: Cursor, flags: ByteFlags): number | ByteSet {
  const named = cursor.take(/\[:(\^?)(\w+):\]/);
  if (named) {
    const set = posix.get(named[2] ?? "");
    if (set === undefined) throw new Malformed(`there is no class \`${named[0]}\``);
    return named[1] === "^" ? complement(set) : set;
  }
  if (cursor.take(/\\b/)) return 8;
  if (/^\\(?:[dwshvDWSHVpP]|N(?!\{U))/.test(cursor.rest)) return escapedSet(cursor, flags);
  if (cursor.char === "\\") return escapedByte(cursor);
  const code = cursor.char.charCodeAt(0);
  cursor.skip();
  return code;
}
