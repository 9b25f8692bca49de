import type { Who } from "../../lab/director.ts";
import type { Difference } from "./case.ts";

/** One line that only one of the programs has. */
export interface Deviation {
  /** `table`, `log`, … */
  readonly of: string;
  readonly who: Who;
  readonly line: string;
}

/** Lines of each kind, by program: what is compared after a step. */
export type Seen = Readonly<Record<string, readonly string[]>>;

/** A multiset's difference, kind by kind. */
export function deviations(original: Seen, ours: Seen): Deviation[] {
  return [...new Set([...Object.keys(original), ...Object.keys(ours)])].flatMap((of) => {
    const left = [...(ours[of] ?? [])];
    const only = (original[of] ?? []).filter((line) => {
      const at = left.indexOf(line);
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
    return [
      ...only.map((line): Deviation => ({ of, who: "original", line })),
      ...left.map((line): Deviation => ({ of, who: "ours", line })),
    ];
  });
}

/** Those that no accepted difference explains. */
export function unexplained(
  found: readonly Deviation[],
  accepted: readonly Difference[],
): Deviation[] {
  return found.filter(({ who, line }) => !accepted.some((it) => it[who]?.test(line)));
}

/** Accepted, and not met: the row of docs/differences.md may be out of date. */
export function unmet(found: readonly Deviation[], accepted: readonly Difference[]): Difference[] {
  const isMet = (it: Difference): boolean => found.some(({ who, line }) => it[who]?.test(line));
  return accepted.filter((it) => !isMet(it));
}

export const printDeviation = ({ of, who, line }: Deviation): string =>
  `${of}, ${who} only: ${line}`;
