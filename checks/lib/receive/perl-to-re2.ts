/**
 * From Perl's regular expressions, over bytes, to RE2's.
 *
 * Perl and RE2 agree on most of it: literals, . | () ^ \A \z \b \B, * + ? {n,m} and their lazy forms,
 * \d \D \w \W, [classes] with POSIX names, \t \n \r \f \a, (?i) (?m) (?s). What differs:
 *
 *   Perl                       here
 *   $ (without m), \Z          end, or before a newline that ends the text
 *   \s \S \h \H \v \V \N       spelt out as classes of bytes
 *   \e \cX \xH \x{H} \0 \o{}   the byte
 *   \12                        the byte, unless there are so many groups before it
 *   [\b]                       backspace
 *   {,n}                       {0,n}, as Perl 5.34 and later
 *   (?<n>) (?'n') (?P<n>) (?|  a plain group: nothing can refer to it
 *   (?#…)                      left out
 *   (?^i) (?a) (?u) (?l) (?d)  flags; the last four change nothing for bytes
 *   \K                         left out: only whether it matches is asked
 *   \Q…\E                      quotes, though Perl itself does so only in its own source
 *   \y and other letters       the letter, as Perl does with a warning
 *
 * What RE2 has not, or means otherwise, is not taken: see perl-to-javascript.ts. Two corners are left that differ
 * without a word: `\Q…\E`, and a group that ends in `$` or \Z in one of its alternatives, with a newline behind
 * the group: the newline is gone.
 */
/** There are no such words in RE2. */
export class NotRe2 extends Error {}

/**
 * @param pattern as bytes: one character (U+0000..U+00FF) each
 * @throws NotRe2
 */
export const perlToRe2 = (pattern: string): string => new Translation(pattern).run();

const end = "(?:\\n?\\z)";
/** Bodies of the classes that Perl has and RE2 has not, or has otherwise; complements within 00..FF. */
const classes: ReadonlyMap<string, string> = new Map([
  ["s", "\\t-\\r "],
  ["S", "\\x00-\\x08\\x0e-\\x1f!-\\xff"],
  ["h", "\\t \\xa0"],
  ["H", "\\x00-\\x08\\x0a-\\x1f!-\\x9f\\xa1-\\xff"],
  ["v", "\\n-\\r\\x85"],
  ["V", "\\x00-\\x09\\x0e-\\x84\\x86-\\xff"],
  ["N", "\\x00-\\x09\\x0b-\\xff"],
]);
/** Escapes that mean the same to both, outside of classes and within. */
const shared = new Set("AzbBdDwWtnrfa");
const sharedInClass = new Set("dDwWtnrfa");

/** Folded by RE2, and not by Perl. */
const beyondAscii = /[\x80-\xff]|\\(?:x\{|x[89A-Fa-f]|[23]\d\d|o\{|[pP])/;
/** Look-ahead, atomic groups, conditions, code, recursion, references by name, verbs. */
const notInRe2 = /^(?:\(\?(?:[=!>({?R&]|[+-]?\d|P[>=])|\(\*)/;

interface Flags {
  readonly isMultiline: boolean;
}

/** One pass over a Perl pattern, writing an RE2 one. */
class Translation {
  readonly #in: string;
  #at = 0;
  #out = "";
  #flags: Flags = { isMultiline: false };
  /** The flags around each open group. */
  readonly #outer: Flags[] = [];
  /** Groups so far that Perl numbers. */
  #captures = 0;

  constructor(pattern: string) {
    this.#in = pattern;
  }

  /** @throws NotRe2 */
  run(): string {
    while (this.#at < this.#in.length) this.#item();
    return this.#out;
  }

  #item(): void {
    const char = this.#in.charAt(this.#at);
    if (char === "\\") this.#escape();
    else if (char === "[") this.#class();
    else if (char === "(") this.#group();
    else if (char === ")") {
      this.#flags = this.#outer.pop() ?? this.#flags;
      this.#emit(1, ")");
    } else if (char === "$") this.#emit(1, this.#flags.isMultiline ? "$" : this.#end(1));
    else if (char === "^" && this.#flags.isMultiline) throw new NotRe2();
    else if (char === "*" || char === "+" || char === "?" || char === "{") this.#quantifier();
    else this.#emit(1, char);
  }

  #emit(consumed: number, text: string): void {
    this.#at += consumed;
    this.#out += text;
  }

  #rest(): string {
    return this.#in.slice(this.#at);
  }

  /** Nothing may stand behind it that a newline fits. */
  #end(length: number): string {
    if (!/^\)*(?:\||$)/.test(this.#in.slice(this.#at + length))) throw new NotRe2();
    return end;
  }

  #quantifier(): void {
    const [whole = "", from, to] = /^\{\s*(\d*)\s*(?:,\s*(\d*)\s*)?\}/.exec(this.#rest()) ?? [];
    const isCount = whole !== "" && (from !== "" || (to ?? "") !== "");
    const isPlain = !isCount && this.#in.charAt(this.#at) === "{";
    if (isPlain) {
      this.#emit(1, "\\{");
      return;
    }
    const source = isCount ? whole : this.#in.charAt(this.#at);
    const range = to === undefined ? from : `${from === "" ? 0 : from},${to}`;
    const after = this.#in.charAt(this.#at + source.length);
    if (after === "+") throw new NotRe2();
    this.#emit(source.length, isCount ? `{${range}}` : source);
    if (after === "?") this.#emit(1, "?");
  }

  #group(): void {
    const rest = this.#rest();
    if (notInRe2.test(rest)) throw new NotRe2();
    const comment = /^\(\?#[^)]*\)/.exec(rest);
    if (comment) {
      this.#at += comment[0].length;
      return;
    }
    const lookbehind = /^\(\?<[=!]/.exec(rest);
    if (lookbehind) {
      this.#open(lookbehind[0], lookbehind[0]);
      return;
    }
    const plain = /^\(\?(?:\||P?<\w+>|'\w+')/.exec(rest) ?? /^\((?!\?)/.exec(rest);
    if (plain) {
      if (plain[0] !== "(?|") this.#captures++;
      this.#open(plain[0], "(?:");
      return;
    }
    this.#flagGroup(rest);
  }

  #open(source: string, text: string): void {
    this.#outer.push(this.#flags);
    this.#emit(source.length, text);
  }

  /** `(?i)`, `(?i:…)`, `(?^-s:…)` */
  #flagGroup(rest: string): void {
    const found = /^\(\?(\^?)([a-z]*)(?:-([a-z]*))?([:)])/.exec(rest);
    if (!found) throw new NotRe2();
    const [source, reset, on = "", off = "", tail = ""] = found;
    if (/[^imsaudlp]/.test(on + off)) throw new NotRe2();
    if (on.includes("i") && beyondAscii.test(this.#in)) throw new NotRe2();
    const known = (letters: string): string => letters.replace(/[^ims]/g, "");
    const offs = [...new Set(known(off) + (reset === "^" ? "ims" : ""))].filter(
      (letter) => !known(on).includes(letter),
    );
    const flags = known(on) + (offs.length > 0 ? `-${offs.join("")}` : "");
    if (tail === ":") this.#open(source, `(?${flags}:`);
    else this.#emit(source.length, flags === "" ? "" : `(?${flags})`);
    if (known(on).includes("m")) this.#flags = { isMultiline: true };
    else if (offs.includes("m")) this.#flags = { isMultiline: false };
  }

  #escape(): void {
    const letter = this.#in.charAt(this.#at + 1);
    const body = classes.get(letter);
    if (/^\\N\{(?![\d\s,]+\})/.test(this.#rest())) throw new NotRe2();
    if (body !== undefined) this.#emit(2, `[${body}]`);
    else if (letter === "Z") this.#emit(2, this.#end(2));
    else if (letter === "K") this.#emit(2, "");
    else if (letter === "Q") this.#quoted();
    else if (letter === "E") this.#emit(2, "");
    else if (this.#isOctal()) {
      const digits = /^\\([0-7]{1,3})/.exec(this.#rest())?.[1] ?? "";
      const [source, text] = byte(`\\${digits}`, Number.parseInt(digits, 8));
      this.#emit(source.length, text);
    } else if (/^\\(?:[1-9gkRGXC]|[bB]\{)/.test(this.#rest())) throw new NotRe2();
    else this.#character(shared);
  }

  /** Two digits and more are a byte, unless so many groups stand before them. */
  #isOctal(): boolean {
    const digits = /^\\([1-7]\d+)/.exec(this.#rest())?.[1];
    return digits !== undefined && Number(digits) > this.#captures;
  }

  #quoted(): void {
    const from = this.#at + 2;
    const stop = this.#in.indexOf("\\E", from);
    const text = this.#in.slice(from, stop < 0 ? undefined : stop);
    this.#emit(2 + text.length + (stop < 0 ? 0 : 2), [...text].map(literal).join(""));
  }

  #character(same: ReadonlySet<string>): void {
    const [source, text] = character(this.#rest(), same);
    this.#emit(source.length, text);
  }

  #class(): void {
    const head = /^\[\^?\]?/.exec(this.#rest())?.[0] ?? "[";
    this.#emit(head.length, head.replace("]", "\\]"));
    while (this.#at < this.#in.length) {
      const posix = /^\[:\^?\w+:\]/.exec(this.#rest())?.[0];
      const char = this.#in.charAt(this.#at);
      if (char === "]") {
        this.#emit(1, "]");
        return;
      }
      if (posix !== undefined) this.#emit(posix.length, posix);
      else if (char === "\\") this.#classEscape();
      else if (char === "[") this.#emit(1, "\\[");
      else this.#emit(1, char);
    }
    throw new NotRe2();
  }

  #classEscape(): void {
    const letter = this.#in.charAt(this.#at + 1);
    const body = letter === "N" ? undefined : classes.get(letter);
    if (body !== undefined) this.#emit(2, body);
    else if (letter === "b") this.#emit(2, "\\x08");
    else if (letter === "E") this.#emit(2, "");
    else if (/[1-7]/.test(letter)) {
      const octal = /^\\([0-7]{1,3})/.exec(this.#rest());
      const [source, text] = byte(octal?.[0] ?? "", Number.parseInt(octal?.[1] ?? "0", 8));
      this.#emit(source.length, text);
    } else this.#character(sharedInClass);
  }
}

/**
 * An escape that stands for one character, or that both dialects share.
 * @returns how much of `rest` it is, and what RE2 calls it
 */
function character(rest: string, same: ReadonlySet<string>): readonly [string, string] {
  const hex = /^\\x(?:\{\s*([0-9A-Fa-f]*)\s*\}|([0-9A-Fa-f]{0,2}))/.exec(rest);
  if (hex) return byte(hex[0], Number.parseInt(hex[1] ?? hex[2] ?? "", 16) || 0);
  const octal = /^\\o\{([0-7]+)\}/.exec(rest) ?? /^\\(0[0-7]{0,2})/.exec(rest);
  if (octal) return byte(octal[0], Number.parseInt(octal[1] ?? "", 8));
  const control = /^\\c([?-_a-z])/.exec(rest);
  if (control) return byte(control[0], (control[1] ?? "").toUpperCase().charCodeAt(0) ^ 64);
  if (rest.startsWith("\\e")) return byte("\\e", 0x1b);
  const property = /^\\[pP](?:\{[^}]*\}|.)/.exec(rest);
  if (property) return [property[0], property[0]];
  const letter = rest.charAt(1);
  if (letter === "") throw new NotRe2();
  return [`\\${letter}`, same.has(letter) ? `\\${letter}` : literal(letter)];
}

function byte(source: string, code: number): readonly [string, string] {
  if (code > 0xff) throw new NotRe2();
  return [source, literal(String.fromCharCode(code))];
}

/** A character that stands for itself, anywhere in an RE2 pattern. */
const literal = (char: string): string =>
  /[A-Za-z0-9 ]/.test(char) ? char : `\\x{${char.charCodeAt(0).toString(16)}}`;
