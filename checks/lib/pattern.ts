/**
 * `receive`: a Perl regular expression, matched in time linear in the text by RE2 (re2js), since the
 * text comes from a machine that may be hostile. What RE2 cannot do is refused when the file is read.
 *
 * As in Perl it works on bytes, unanchored, with no flags. Bytes are characters U+0000..U+00FF on both
 * sides, so a pattern written in UTF-8 finds the same bytes in the reply; its `.` is one byte.
 */
import { RE2JS } from "re2js";
import { err, ok, type Result } from "../../src/model/result.ts";
import { bytesAsText, oneLine } from "./detail.ts";
import { perlToRe2, Unsupported } from "./perl-pattern.ts";

export interface Pattern {
  /** @param latin1 the reply, one character a byte */
  matches(latin1: string): boolean;
}

/** Real servers mostly share a pattern: each is compiled once. Emptied when full; it never grows on. */
const compiled = new Map<string, Result<Pattern, string>>();
const maxCompiled = 1000;

/** @param text as the file has it @returns the pattern, or what is wrong with it in words for its author */
export function compilePattern(text: string): Result<Pattern, string> {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const result = compile(text);
  if (compiled.size >= maxCompiled) compiled.clear();
  compiled.set(text, result);
  return result;
}

function compile(text: string): Result<Pattern, string> {
  const bytes = Buffer.from(text, "utf8").toString("latin1");
  let translated = "";
  try {
    translated = perlToRe2(bytes);
    const re2 = RE2JS.compile(translated, RE2JS.LOOKBEHINDS);
    return ok({ matches: (latin1) => re2.test(latin1) });
  } catch (error) {
    if (error instanceof Unsupported) return err(oneLine(bytesAsText(error.message)));
    if (error instanceof Error && error.name.startsWith("RE2JS")) {
      const words = error.message
        .replace(/^error parsing regexp: /, "")
        .replace(translated, () => bytes);
      return err(oneLine(bytesAsText(words)));
    }
    throw error;
  }
}
