/**
 * From Perl's regular expressions, over bytes, to JavaScript's: for what RE2 has not (look-ahead,
 * back-references, atomic groups, (?x), long counts), and for Perl's very meaning where RE2's is a
 * little wider. Every place of the pattern becomes a set of bytes, so no flag of JavaScript is needed
 * and nothing is folded but what Perl folds.
 *
 *   Perl                       here
 *   (?>a) a++                  (?=(?<a1>a))\k<a1>: a look-ahead never gives back
 *   \1 \g{-1} \k<n> (?P=n)     \k<g1>, where the group has certainly been gone through; in JavaScript
 *                              a group that was not is empty, in Perl it does not fit
 *   ^ $ \A \z \Z (?m)          spelt out with look-around
 *   \R \X                      atomic, as in Perl
 *   (*nla:a) (*atomic:a) …     (?!a) (?>a) …
 */
import { type ByteSet, bytesWhere, foldCase, setAsRegExp } from "./byte-set.ts";
import { any, type ByteFlags, bracketed, escapedSet, notNewline } from "./perl-bytes.ts";
import { Cursor } from "./perl-cursor.ts";
import { BeyondUs, Malformed, unknownGroup } from "./perl-errors.ts";
import { type Capture, type Frame, Groups, type Step } from "./perl-groups.ts";
import { countsOf, quantifier } from "./perl-quantifier.ts";

/**
 * @param pattern as bytes: one character (U+0000..U+00FF) each
 * @returns the source of a RegExp without flags, for texts of the same kind
 * @throws Malformed, BeyondUs
 */
export const perlToJavaScript = (pattern: string): string => new Translation(pattern).run();

/** Instructions, each count spelt out: what V8 surely still compiles, and soon. */
const maxSize = 100_000;

const never = "(?!)";

/** Alphabetic assertions, and the signs that mean the same. */
const verbs: ReadonlyMap<string, string> = new Map([
  ["pla", "?="],
  ["positive_lookahead", "?="],
  ["nla", "?!"],
  ["negative_lookahead", "?!"],
  ["plb", "?<="],
  ["positive_lookbehind", "?<="],
  ["nlb", "?<!"],
  ["negative_lookbehind", "?<!"],
  ["atomic", "?>"],
]);

interface Flags extends ByteFlags {
  readonly m: boolean;
  readonly s: boolean;
  readonly n: boolean;
}
const noFlags: Flags = { i: false, m: false, s: false, n: false, x: 0 };

/** A part of the pattern in JavaScript's words, and how much there is of it. */
interface Part {
  readonly js: string;
  readonly size: number;
  /** A quantifier may stand behind it as it is. */
  readonly isAtom: boolean;
}
const part = (js: string, size = 1): Part => ({ js, size, isAtom: true });
const assertion = (js: string): Part => ({ js, size: 1, isAtom: false });

/** One pass over a Perl pattern by recursive descent. */
class Translation {
  readonly #cursor: Cursor;
  readonly #hasReferences: boolean;
  readonly #groups = new Groups();
  #flags = noFlags;
  #path: readonly Step[] = [];
  #atomics = 0;
  #lookbehinds = 0;
  #hasBranchReset = false;

  constructor(pattern: string) {
    this.#cursor = new Cursor(pattern);
    this.#hasReferences = /\\[1-9gk]|\(\?P=/.test(pattern);
  }

  run(): string {
    const { js, size } = this.#alternatives({ alternatives: 1, isUncertain: false });
    if (!this.#cursor.isAtEnd) throw new Malformed(`unexpected ): \`${this.#cursor.text}\``);
    if (size > maxSize) throw new BeyondUs("a pattern so long, with its counts spelt out,");
    this.#groups.judge();
    if (this.#hasBranchReset && this.#groups.isReferredTo)
      throw new BeyondUs("`(?|` beside a back-reference");
    return js;
  }

  /** Up to a `)` or the end. Flags set within end with it. */
  #alternatives(frame: Frame): Part {
    const flags = this.#flags;
    const outer = this.#path;
    const branches: string[] = [];
    let size = 0;
    do {
      this.#path = [...outer, { frame, alternative: branches.length }];
      const branch = this.#sequence();
      branches.push(branch.js);
      size += branch.size + 1;
    } while (this.#cursor.take(/\|/));
    frame.alternatives = branches.length;
    this.#path = outer;
    this.#flags = flags;
    return part(branches.join("|"), size);
  }

  #sequence(): Part {
    let js = "";
    let size = 0;
    for (;;) {
      this.#skipBlanks();
      const next = this.#cursor.char;
      if (next === "" || next === "|" || next === ")") return part(js, size);
      const one = this.#quantified();
      js += one.js;
      size += one.size;
    }
  }

  /** Remarks, and in (?x) blanks and lines from a `#`. */
  #skipBlanks(): void {
    while (
      this.#cursor.take(/\(\?#[^)]*\)/) ??
      (this.#flags.x > 0 ? this.#cursor.take(/[\t-\r ]+|#[^\n]*\n?/) : undefined)
    );
  }

  #quantified(): Part {
    const frame: Frame = { alternatives: 1, isUncertain: false };
    const atom = this.#atom(frame);
    this.#skipBlanks();
    const [source] = this.#cursor.take(quantifier) ?? [];
    if (source === undefined) return atom;
    const isPossessive = this.#cursor.take(/\+/) !== undefined;
    const lazy = !isPossessive && this.#cursor.take(/\?/) ? "?" : "";
    this.#skipBlanks();
    const nested = this.#cursor.peek(quantifier);
    if (nested)
      throw new Malformed(`invalid nested repetition operator: \`${source}${nested[0]}\``);
    const { from, to } = countsOf(source);
    frame.isUncertain ||= from !== 1 || to !== 1;
    if (atom.js === "") return atom;
    if (to !== undefined && from > to) return part(never);
    const size = atom.size * Math.max(from, to ?? from, 1) + 1;
    const count = `{${from},${to ?? ""}}`;
    const js = `${atom.isAtom ? atom.js : `(?:${atom.js})`}${count}${lazy}`;
    return isPossessive ? this.#atomic(js, size) : part(js, size);
  }

  /** @param frame of the group, when it is one */
  #atom(frame: Frame): Part {
    const char = this.#cursor.char;
    if (char === "(") return this.#group(frame);
    if (char === "\\") return this.#escape();
    if (char === "[") return part(setAsRegExp(bracketed(this.#cursor, this.#flags)));
    const repetition = this.#cursor.peek(quantifier);
    if (repetition)
      throw new Malformed(`missing argument to repetition operator: \`${repetition[0]}\``);
    this.#cursor.skip();
    if (char === ".") return this.#set(this.#flags.s ? any : notNewline, false);
    if (char === "^") return assertion(this.#flags.m ? "(?:^|(?<=\\n)(?!$))" : "^");
    if (char === "$") return assertion(this.#flags.m ? "(?=\\n|$)" : "(?=\\n?$)");
    return this.#byte(char.charCodeAt(0));
  }

  #set(set: ByteSet, folds = this.#flags.i): Part {
    return part(setAsRegExp(folds ? foldCase(set) : set));
  }

  #byte(code: number): Part {
    return this.#set(bytesWhere((each) => each === code));
  }

  #atomic(js: string, size: number): Part {
    if (this.#lookbehinds > 0) throw new BeyondUs("an atomic group within a look-behind");
    const name = `a${++this.#atomics}`;
    return part(`(?:(?=(?<${name}>${js}))\\k<${name}>)`, size + 2);
  }

  #group(frame: Frame): Part {
    const start = this.#cursor.at;
    const verb = this.#cursor.take(/\(\*([a-z_]+):/);
    const sign = verbs.get(verb?.[1] ?? "") ?? this.#cursor.take(/\((\?(?:<?[=!]|[>:|]))/)?.[1];
    if (sign !== undefined) return this.#signGroup(sign, start, frame);
    if (this.#cursor.take(/\(\*F(?:AIL)?\)/)) return assertion(never);
    const named = this.#cursor.take(/\(\?(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')/);
    if (named) return this.#capture(start, frame, named[1] ?? named[2]);
    const reference = this.#cursor.take(/\(\?P=(\w+)\)/);
    if (reference) return this.#reference(reference[0], reference[1] ?? "");
    if (this.#cursor.take(/\((?![?*])/)) {
      if (!this.#flags.n) return this.#capture(start, frame);
      return part(`(?:${this.#inside(start, frame)})`, this.#size);
    }
    return this.#flagGroup(start, frame);
  }

  /** Of what #inside read last. */
  #size = 0;

  /** Up to the closing parenthesis of the group that began at `start`. */
  #inside(start: number, frame: Frame): string {
    const { js, size } = this.#alternatives(frame);
    if (!this.#cursor.take(/\)/))
      throw new Malformed(`missing closing ): \`${this.#cursor.text.slice(start)}\``);
    this.#size = size;
    return js;
  }

  #signGroup(sign: string, start: number, frame: Frame): Part {
    const isLookbehind = sign.startsWith("?<");
    if (sign === "?|") this.#hasBranchReset = true;
    if (sign.endsWith("!")) frame.isUncertain = true;
    if (isLookbehind) this.#lookbehinds++;
    const inside = this.#inside(start, frame);
    if (isLookbehind) this.#lookbehinds--;
    if (sign === "?>") return this.#atomic(inside, this.#size);
    if (sign === "?:" || sign === "?|") return part(`(?:${inside})`, this.#size);
    return { ...assertion(`(${sign}${inside})`), size: this.#size + 1 };
  }

  #capture(start: number, frame: Frame, name?: string): Part {
    const capture: Capture = { path: this.#path, frame, isOpen: true };
    const number = this.#groups.open(capture, name);
    const inside = this.#inside(start, frame);
    capture.isOpen = false;
    return part(`(${this.#hasReferences ? `?<g${number}>` : "?:"}${inside})`, this.#size + 1);
  }

  /** `(?i)`, `(?i:…)`, `(?^x-s:…)` */
  #flagGroup(start: number, frame: Frame): Part {
    const found = this.#cursor.take(/\(\?(\^?)([a-z]*)(?:-([a-z]*))?([:)])/);
    if (!found) throw unknownGroup(this.#cursor.rest);
    const [source, reset, on = "", off = "", tail] = found;
    const unknown = /[^imsnxaudlpogc]/.exec(on + off)?.[0];
    if (unknown !== undefined)
      throw new Malformed(`there is no flag \`${unknown}\`: \`${source}\``);
    if (/[ul]/.test(on)) throw new BeyondUs(`\`${source}\` (letters beyond ASCII)`);
    const before = this.#flags;
    const base = reset === "^" ? noFlags : before;
    const has = (flag: "i" | "m" | "s" | "n") =>
      !off.includes(flag) && (on.includes(flag) || base[flag]);
    const x = off.includes("x") ? 0 : on.includes("xx") ? 2 : on.includes("x") ? 1 : base.x;
    this.#flags = { i: has("i"), m: has("m"), s: has("s"), n: has("n"), x };
    if (tail === ")") return assertion("");
    const inside = this.#inside(start, frame);
    this.#flags = before;
    return part(`(?:${inside})`, this.#size);
  }

  #reference(source: string, which: string): Part {
    const { number, capture } = this.#groups.find(source, which, this.#cursor.rest);
    if (this.#lookbehinds > 0) throw new BeyondUs(`\`${source}\` within a look-behind`);
    if (this.#flags.i) throw new BeyondUs(`\`${source}\` (a back-reference regardless of case)`);
    this.#groups.note({ source, capture, path: this.#path });
    return part(`\\k<g${number}>`);
  }

  #escape(): Part {
    if (this.#cursor.take(/\\K/)) return assertion("");
    const named =
      this.#cursor.take(/\\g(?:\{\s*(-?\w+)\s*\}|(-?\d+))/) ??
      this.#cursor.take(/\\k(?:\{\s*(\w+)\s*\}|<(\w+)>|'(\w+)')/);
    if (named) return this.#reference(named[0], named.slice(1).find((it) => it) ?? "");
    const numbered = /^\\([1-9]\d*)/.exec(this.#cursor.rest);
    const isReference = numbered?.[1]?.length === 1 || Number(numbered?.[1]) <= this.#groups.count;
    if (numbered && isReference) {
      this.#cursor.skip(numbered[0].length);
      return this.#reference(numbered[0], numbered[1] ?? "");
    }
    const word = this.#cursor.take(/\\([bB])(?!\{)/)?.[1];
    if (word !== undefined) return assertion(`\\${word}`);
    if (this.#cursor.take(/\\[AG]/)) return assertion("^");
    if (this.#cursor.take(/\\Z/)) return assertion("(?=\\n?$)");
    if (this.#cursor.take(/\\z/)) return assertion("$");
    if (this.#cursor.take(/\\R/)) return this.#atomic("\\r\\n|[\\n-\\r\\x85]", 3);
    if (this.#cursor.take(/\\X/)) return this.#atomic("\\r\\n|[^]", 3);
    const edge = /^\\[bB]\{[^}]*\}?/.exec(this.#cursor.rest)?.[0];
    if (edge !== undefined) throw new BeyondUs(`\`${edge}\``);
    if (this.#cursor.rest.startsWith("\\C")) throw new Malformed("`\\C` is no longer supported");
    return this.#set(escapedSet(this.#cursor, this.#flags));
  }
}
