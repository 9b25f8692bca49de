import type { ConfPlace } from "../finding.ts";
import { withoutComment } from "./words.ts";

/** One line of a keepalived.conf, or of a file that it includes. */
export interface SourceLine extends ConfPlace {
  /** Without its end. */
  readonly text: string;
}

/**
 * The files that a line names: `include /etc/keepalived/conf.d/*.conf`. keepalived.conf(5) has `includea`, `includeb`,
 * `includem`, `includer` and `includew`, which differ in what they take as a mistake.
 */
export function includeIn(text: string): string | undefined {
  const [, pattern] = /^\s*include[abmrw]?\s+(.*\S)/.exec(withoutComment(text)) ?? [];
  return pattern;
}

/** `a{b,{c,d}}e` to `abe`, `ace`, `ade`, as a shell does. @param most alternatives, at which it ends */
export function braces(pattern: string, most: number): readonly string[] {
  const done: string[] = [];
  const left = [pattern];
  while (left.length > 0 && done.length < most) {
    const text = left.pop() ?? "";
    const found = firstBraces(text);
    if (found === undefined) done.push(text);
    else {
      const [before, parts, after] = found;
      left.push(...parts.map((part) => `${before}${part}${after}`).reverse());
    }
  }
  return done;
}

/** The first braces that have a comma of their own, and are closed. */
function firstBraces(
  text: string,
): readonly [before: string, parts: readonly string[], after: string] | undefined {
  const open: { readonly at: number; readonly commas: number[] }[] = [];
  let first:
    | { readonly at: number; readonly commas: readonly number[]; readonly end: number }
    | undefined;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "{") open.push({ at, commas: [] });
    else if (text[at] === ",") open.at(-1)?.commas.push(at);
    else if (text[at] === "}") {
      const one = open.pop();
      const isBetter = one !== undefined && one.commas.length > 0 && !(first && first.at < one.at);
      if (isBetter) first = { ...one, end: at };
    }
  }
  if (first === undefined) return undefined;
  const borders = [first.at, ...first.commas, first.end];
  const parts = borders.slice(1).map((end, i) => text.slice((borders[i] ?? 0) + 1, end));
  return [text.slice(0, first.at), parts, text.slice(first.end + 1)];
}

export const hasWildcard = (text: string): boolean => /[*?[]/.test(text);

/**
 * Whether a file's name, without its folder, fits a pattern of glob(7). Its time grows with the product of the two lengths at
 * most: of several `*` only the last is tried anew.
 */
export function fits(name: string, pattern: string): boolean {
  if (name.startsWith(".") && !pattern.startsWith(".")) return false;
  const parts = pattern.match(/\[[!^]?\]?[^\]]*\]|[\s\S]/g) ?? [];
  let at = 0;
  let part = 0;
  let star = -1;
  let from = 0;
  while (at < name.length) {
    const wanted = parts[part];
    if (wanted === "*") {
      star = part;
      from = at;
      part += 1;
    } else if (wanted !== undefined && isOne(name[at] ?? "", wanted)) {
      at += 1;
      part += 1;
    } else if (star >= 0) {
      from += 1;
      at = from;
      part = star + 1;
    } else return false;
  }
  return parts.slice(part).every((each) => each === "*");
}

function isOne(char: string, wanted: string): boolean {
  if (wanted === "?") return true;
  if (!/^\[.+\]$/s.test(wanted)) return char === wanted;
  const isNot = /^\[[!^]/.test(wanted);
  const inside = wanted.slice(isNot ? 2 : 1, -1);
  const ranges = inside.matchAll(/(.)-(.)|(.)/gs);
  const isIn = [...ranges].some(([, low, high, single]) =>
    single === undefined ? char >= (low ?? "") && char <= (high ?? "") : char === single,
  );
  return isIn !== isNot;
}
