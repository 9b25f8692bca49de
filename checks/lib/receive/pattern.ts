/**
 * `receive`: a Perl regular expression. As in Perl it works on bytes, unanchored, with no flags. Bytes are
 * characters U+0000..U+00FF on both sides, so a pattern written in UTF-8 finds the same bytes in the
 * reply; its `.` is one byte.
 *
 * The text comes from a machine that may be hostile. RE2 (re2js), whose time is linear in it, searches on the
 * event loop what costs little. The rest goes to a thread of its own (search-thread.ts), which also knows what
 * RE2 has not.
 */
import { createRequire } from "node:module";
import type { RE2JS } from "re2js";
import { err, ok, type Result } from "../../../src/model/result.ts";
import type { StaysDown } from "../../check.ts";
import { bytesAsText, oneLine } from "../detail.ts";
import { BeyondUs, Malformed } from "./perl-errors.ts";
import { perlToJavaScript } from "./perl-to-javascript.ts";
import { NotRe2, perlToRe2 } from "./perl-to-re2.ts";

export interface Pattern {
  /** As the file has it. */
  readonly text: string;
  /** The bytes it consists of, when nothing in it has a meaning of its own. */
  readonly literal?: string;
  /** RE2's words for it, and compiled; absent where RE2 has none, or means something else. */
  readonly re2?: { readonly source: string; readonly program: RE2JS; readonly size: number };
  /** JavaScript's words for it; absent where it has none. */
  readonly javaScript?: string;
}

/** Loaded for the first pattern that is more than its own letters: most files have none. */
const load = createRequire(import.meta.url);

type Compiled = Result<Pattern | StaysDown, string>;

/** Real servers mostly share a pattern: each is compiled once. Emptied when full; it never grows on. */
const compiled = new Map<string, Compiled>();
const maxCompiled = 1000;

/**
 * @param text as the file has it
 * @returns the pattern; or why Perl can search for it and we can not; or, as the error, what Perl does not
 *   take either. Both in words for its author
 */
export function compilePattern(text: string): Compiled {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const result = compile(text);
  if (compiled.size >= maxCompiled) compiled.clear();
  compiled.set(text, result);
  return result;
}

function compile(text: string): Compiled {
  const bytes = Buffer.from(text, "utf8").toString("latin1");
  if (!/[\\^$.|?*+()[\]{}]/.test(bytes)) return ok({ text, literal: bytes });
  const re2 = forRe2(bytes);
  const javaScript = forJavaScript(bytes);
  if (re2 !== undefined || typeof javaScript === "string") {
    return ok({
      text,
      ...(re2 !== undefined && { re2 }),
      ...(typeof javaScript === "string" && { javaScript }),
    });
  }
  const words = oneLine(bytesAsText(javaScript.message));
  if (javaScript instanceof Malformed) return err(words);
  return ok({ staysDown: `${words} is not supported` });
}

function forRe2(bytes: string): Pattern["re2"] {
  try {
    const source = perlToRe2(bytes);
    const { RE2JS } = load("re2js") as typeof import("re2js");
    const program = RE2JS.compile(source, RE2JS.LOOKBEHINDS);
    return { source, program, size: program.programSize() };
  } catch (error) {
    if (error instanceof NotRe2) return undefined;
    if (error instanceof Error && error.name.startsWith("RE2JS")) return undefined;
    throw error;
  }
}

function forJavaScript(bytes: string): string | Malformed | BeyondUs {
  try {
    return perlToJavaScript(bytes);
  } catch (error) {
    if (error instanceof Malformed || error instanceof BeyondUs) return error;
    throw error;
  }
}
