/** Why a Perl pattern is not translated. Both messages are in words for its author. */

/** Perl refuses it, too. The message says what is wrong. */
export class Malformed extends Error {}
/** Perl can do it, and we can not. The message names the construct. */
export class BeyondUs extends Error {}

/** Recursion and what else only a backtracking engine of Perl's kind can do. */
const beyond: readonly [RegExp, string][] = [
  [/^\(\?\(/, "a condition"],
  [/^\(\?(?:R|[+-]?\d|&|P>)/, "recursion"],
  [/^\(\*(?:PRUNE|SKIP|THEN|COMMIT|ACCEPT|MARK|:)/, "a backtracking verb"],
];

/** @param rest of the pattern, from the parenthesis of a group that is none of the usual on */
export function unknownGroup(rest: string): Malformed | BeyondUs {
  const code = /^\(\?\??\{/.exec(rest)?.[0];
  // Perl runs no code in a pattern that comes from a variable: it dies.
  if (code !== undefined) return new Malformed(`\`${code}\` (code in a pattern) is not supported`);
  for (const [construct, name] of beyond) {
    const found = construct.exec(rest)?.[0];
    if (found !== undefined) return new BeyondUs(`\`${found}\` (${name})`);
  }
  return new Malformed(`no such group: \`${rest.slice(0, 4)}\``);
}
