import type { ConfPlace } from "../finding.ts";

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
  const [, quoted, plain] = /^\s*include[abmrw]?\s+(?:"([^"]+)"|([^\s"#!]+))/.exec(text) ?? [];
  return quoted ?? plain;
}

/** `a{b,{c,d}}e` to `abe`, `ace`, `ade`, as a shell does. @param most alternatives, at which it ends */
export function braces(pattern: string, most: number): readonly string[] {
  const done: string[] = [];
  const left = [pattern];
  while (left.length > 0 && done.length + left.length <= most) {
    const text = left.pop() ?? "";
    // The innermost: none has a brace within.
    const [whole, inner] = /\{([^{}]*,[^{}]*)\}/.exec(text) ?? [];
    if (whole === undefined || inner === undefined) done.push(text);
    else
      left.push(
        ...inner
          .split(",")
          .map((each) => text.replace(whole, () => each))
          .reverse(),
      );
  }
  return done;
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
