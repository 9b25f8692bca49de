import type { Diagnostic } from "./diagnostics.ts";
import type { Parsed } from "./text/parse.ts";

const inPlace = "not an ldirectord.cf: nothing in it is read";

/** What other kinds of files begin with, or hold. Looked at only where no virtual service was found. */
const kinds: readonly (readonly [pattern: RegExp, what: string])[] = [
  [
    /^\s*(virtual_server(_group)?|vrrp_instance|vrrp_sync_group|global_defs)\b[^=\n]*$/m,
    "looks like a keepalived.conf",
  ],
  [/^(frontend|backend|listen|defaults)([ \t]+[\w.-]+)?[ \t]*$/m, "looks like an haproxy.cfg"],
  [
    /^\s*(server|upstream|http|stream|events)\b[^=\n]*\{\s*$/m,
    "looks like a configuration of nginx",
  ],
  [/^\s*<(\?xml|!|[A-Za-z])/, "looks like XML or HTML"],
  [/^\s*(\{|\[\s*["{])/, "looks like JSON"],
  [/^-----BEGIN /m, "looks like a certificate or a key"],
  [/^\s*\[(table|daemon|log|email)\]\s*$/m, "looks like an ldirectord-ng.ini"],
  [/^---\s*$|^\s*- \w+:/m, "looks like YAML"],
  [/^-A \S+:\S+ /m, "looks like a table that ipvsadm has saved"],
];
/** Enough to tell what it is. */
const sampleLength = 65_536;

/** Bytes that nobody types. Said of the beginning alone, so that the rest need not be read. */
export const isBinary = (text: string): boolean =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what tells
  /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(beginningOf(text));
export const beginningOf = (text: string): string => text.slice(0, sampleLength);

/**
 * What a file is that is no ldirectord.cf at all; or why all of one is refused. One hint for it says more
 * than a mistake in every line.
 */
export function foreignKind(text: string, { ast, findings }: Parsed): Diagnostic | undefined {
  const [first] = findings.kept.filter(({ severity }) => severity === "error");
  if (first === undefined || ast.virtuals.length > 0) return undefined;
  const says = (message: string): Diagnostic => {
    const { directive: _, ...place } = first;
    return { ...place, message };
  };
  if (isBinary(text)) return says(`this is a binary file, ${inPlace}`);
  const sample = beginningOf(text);
  const written = sample.split("\n").filter((line) => /^\s*[^#\s]/.test(line));
  if (written.length > 1 && written.every((line) => /^\s/.test(line))) {
    return says(
      "every line is indented: virtual= and the directives outside a virtual service begin in the first column; take so many blanks away from each line",
    );
  }
  const what = kinds.find(([pattern]) => pattern.test(sample))?.[1];
  return what === undefined ? undefined : says(`this ${what}, ${inPlace}`);
}
