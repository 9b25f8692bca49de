/** The page that an HTTP_GET asks for, as `request` and `receive`. */
import { compilePattern } from "../../../checks/lib/receive/pattern.ts";
import { withoutUnprintable } from "../../model/one-line.ts";
import type { Findings } from "../finding.ts";
import type { StatusCodes, Url } from "../model.ts";

export interface Page {
  readonly request: string;
  /** A pattern, or "": whatever comes. */
  readonly receive: string;
}

/** Whether a status that http checks take (2xx) is one that this url takes. */
export const isSayable = ({ statusCodes }: Url): boolean =>
  statusCodes === undefined || statusCodes.value.some(([from, to]) => from <= 299 && to >= 200);

const isBeyond = ([from, to]: StatusCodes): boolean => from < 200 || to > 299;

export function pageOf(url: Url, findings: Findings): Page {
  const { digest, statusCodes } = url;
  if (digest !== undefined) {
    const near = 'receive="some text that the page has"';
    findings.lost(digest, digest.what, "the sum of the page is not compared", near);
  }
  if (statusCodes?.value.some(isBeyond) === true) {
    const meaning = "only 2xx is up here, after redirects, which are followed";
    findings.lost(
      statusCodes,
      statusCodes.what,
      meaning,
      "another path, or a program, by checktype=external",
    );
  }
  return { request: requestOf(url.path), receive: receiveOf(url, findings) };
}

/** What a path may not hold, or a line of our file, is written as its bytes' numbers (RFC 3986 §2.1). */
const requestOf = (path: string): string =>
  path.replace(/[^\x21-\x7e]|["#]/gu, (char) => bytesOf(char, "%"));

/** PCRE2's options, as Perl writes them in the pattern. */
const flags: Readonly<Record<string, string>> = { caseless: "i", multiline: "m", dotall: "s" };

function receiveOf({ regex, regexOptions, isNot }: Url, findings: Findings): string {
  if (regex === undefined || regex.value === "") return "";
  const unknown = regexOptions.filter((option) => !Object.hasOwn(flags, option));
  if (unknown.length > 0) {
    const meaning = `the pattern is not looked for: there is nothing like ${unknown.join(", ")} here`;
    findings.lost(regex, regex.what, meaning, "a receive= that does without");
    return "";
  }
  const letters = regexOptions.map((option) => flags[option]).join("");
  const pattern = letters === "" ? inLine(regex.value) : `(?${letters}:${inLine(regex.value)})`;
  const receive = isNot ? `\\A(?![\\s\\S]*(?:${pattern}))` : pattern;
  const why = trouble(receive);
  if (why === undefined) return receive;
  const meaning = `the pattern is not looked for, for it can not be read here: ${why}`;
  findings.lost(regex, regex.what, meaning, "a receive= that does without");
  return "";
}

/** Why a pattern of ours would be a mistake in the file, or leave servers down. */
function trouble(pattern: string): string | undefined {
  const compiled = compilePattern(pattern);
  if (!compiled.ok) return compiled.error;
  return "staysDown" in compiled.value ? compiled.value.staysDown : undefined;
}

/** The pattern without what a line of our file, or of the original's, can not hold between quotes. It goes by bytes anyhow. */
const inLine = (pattern: string): string =>
  withoutUnprintable(
    pattern.replace(/\\?["#\p{Cc}]|\\[\s\S]/gu, (text) => {
      const char = text.at(-1) ?? "";
      return /["#\p{Cc}]/u.test(char) ? bytesOf(char, "\\x") : text;
    }),
    (char) => bytesOf(char, "\\x"),
  );

/** `%0A`, `\x0A`. */
const bytesOf = (char: string, before: string): string =>
  Buffer.from(char)
    .toString("hex")
    .toUpperCase()
    .replace(/../g, (byte) => `${before}${byte}`);
