import type { Diagnostic } from "../diagnostics.ts";
import { findDirective, isIn, namesIn, type Scope } from "./directives.ts";
import { maskSecrets } from "./mask.ts";
import { directiveFor, knownOtherWords } from "./other-words.ts";
import { rightForm } from "./right-form.ts";
import { closestWord } from "./suggestion.ts";

export interface UnknownLine {
  /** With its line end, if it has one. */
  readonly raw: string;
  readonly line: number;
  readonly scope: Scope;
  /** Says more than the line by itself does. */
  readonly message?: string;
}

const maxWord = 80;
/** What is longer was not typed by anybody. */
const maxShown = 2_000;

/** The original's words for a line it can make nothing of; secrets in it are masked. */
export function legacyUnknown(raw: string, scope: Scope): string {
  const whole = maskSecrets(raw.slice(0, maxShown).replace("\r\n", "\n"));
  const shown = raw.length > maxShown ? `${whole}…\n` : whole;
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
    message: message ?? explain(raw, word.slice(0, maxWord), scope),
    order: line,
  };
}

function explain(raw: string, word: string, scope: Scope): string {
  const known = findDirective(word);
  if (/^(<{7}|={7}|>{7})( |$)/m.test(raw))
    return "a merge has left its mark here: take one side, and the marks away";
  if (/[\u200b\ufeff]/.test(raw)) {
    return "the line holds a character that can not be seen (from a web page?); type it anew";
  }
  if (known !== undefined && known.kind !== "removed") {
    if (isIn(known, scope)) {
      const value = raw
        .slice(raw.indexOf(word) + word.length)
        .replace(/^\s*[:=]?\s*|\s+#.*$|\s+$/gs, "");
      return `"=" is missing; write ${rightForm(known, value)}`;
    }
    if (scope === "V" && known.kind === "virtual") {
      return "a virtual service starts in the first column: take the blanks before it away";
    }
    return scope === "V"
      ? "is a global directive; write it in the first column, outside every virtual service"
      : "belongs to a virtual service; indent it by four blanks or a tab, below its virtual= line";
  }
  const where = scope === "G" ? "outside a virtual service" : "in a virtual service";
  const near = nearestDirective(word, scope);
  if (near !== undefined) return `no such directive ${where}; did you mean "${near}"?`;
  const elsewhere = nearestDirective(word, scope === "G" ? "V" : "G");
  if (/^weights?$/i.test(word)) {
    return `no such directive; a weight stands behind the forwarding method: real=192.0.2.11:80 gate 5`;
  }
  const hint = elsewhere === undefined ? "" : `; "${elsewhere}" is one, in the other kind of place`;
  return word === ""
    ? "not a directive; lines read name=value"
    : `no such directive ${where}${hint}`;
}

/** The word of another program first, then what is spelt alike, then what is spelt like another program's. */
function nearestDirective(word: string, scope: Scope): string | undefined {
  const names = namesIn(scope);
  const meant = (other: string | undefined) => {
    const name = other === undefined ? undefined : directiveFor(other);
    return name !== undefined && names.includes(name) ? name : undefined;
  };
  return meant(word) ?? closestWord(word, names) ?? meant(closestWord(word, knownOtherWords));
}
