import { Malformed } from "./perl-errors.ts";

/** Perl's own limit for a count (REG_INFTY of 5.30 and later). */
const maxCount = 65_534;
export const quantifier = /[*+?]|\{\s*\d+\s*(?:,\s*\d*\s*)?\}|\{\s*,\s*\d+\s*\}/;

/** How often, at least and at most; undefined: without end. @throws Malformed */
export function countsOf(source: string): {
  readonly from: number;
  readonly to: number | undefined;
} {
  if (source === "*") return { from: 0, to: undefined };
  if (source === "+") return { from: 1, to: undefined };
  if (source === "?") return { from: 0, to: 1 };
  const [, from = "", comma, to = ""] = /\{\s*(\d*)\s*(,?)\s*(\d*)/.exec(source) ?? [];
  if (Math.max(Number(from), Number(to)) > maxCount)
    throw new Malformed(`invalid repeat count: \`${source}\``);
  if (comma === "") return { from: Number(from), to: Number(from) };
  return { from: Number(from), to: to === "" ? undefined : Number(to) };
}
