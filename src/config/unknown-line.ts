import type { Diagnostic } from "./diagnostics.ts";
import { findDirective, isIn, namesIn, type Scope } from "./directives.ts";
import { maskSecrets } from "./mask.ts";
import { nearestWord } from "./nearest.ts";

export interface UnknownLine {
  /** With its line end, if it has one. */
  readonly raw: string;
  readonly line: number;
  readonly scope: Scope;
  /** Says more than the line by itself does. */
  readonly message?: string;
}

/** The original's words for a line it can make nothing of; secrets in it are masked. */
export function legacyUnknown(raw: string, scope: Scope): string {
  const shown = maskSecrets(raw.replace("\r\n", "\n"));
  return scope === "G" ? `Unknown command ${shown} ` : `Unknown command "${shown}"`;
}

export function unknownLine({ raw, line, scope, message }: UnknownLine): Diagnostic {
  const [, blanks = "", word = ""] = /^(\s*)([^\s=:]*)/.exec(raw) ?? [];
  return {
    severity: "error",
    line,
    column: blanks.length + 1,
    ...(/^[\w-]+$/.test(word) ? { directive: word } : {}),
    legacy: legacyUnknown(raw, scope),
    legacyLine: line,
    message: message ?? explain(raw, word, scope),
    order: line,
  };
}

function explain(raw: string, word: string, scope: Scope): string {
  const known = findDirective(word);
  if (/[\u200b\ufeff]/.test(raw)) {
    return "the line holds a character that can not be seen (from a web page?); type it anew";
  }
  if (known !== undefined && known.kind !== "removed") {
    if (isIn(known, scope)) return `"=" is missing; write ${known.example}`;
    if (scope === "V" && known.kind === "virtual") {
      return "a virtual service starts in the first column: take the blanks before it away";
    }
    return scope === "V"
      ? "is a global directive; write it in the first column, outside every virtual service"
      : "belongs to a virtual service; indent it by four blanks or a tab, below its virtual= line";
  }
  const where = scope === "G" ? "outside a virtual service" : "in a virtual service";
  const near = nearestWord(word, namesIn(scope));
  if (near !== undefined) return `no such directive ${where}; did you mean "${near}"?`;
  const elsewhere = nearestWord(word, namesIn(scope === "G" ? "V" : "G"));
  const hint = elsewhere === undefined ? "" : `; "${elsewhere}" is one, in the other kind of place`;
  return word === ""
    ? "not a directive; lines read name=value"
    : `no such directive ${where}${hint}`;
}
