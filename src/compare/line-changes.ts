/** A line that only one of two texts has, by its number there, from 1. */
export type LineChange =
  | { readonly line: number; readonly here: string }
  | { readonly line: number; readonly there: string };

/** So many cells are compared, 16 MiB and some 50 ms; texts that differ in more are told line by line, as two. */
const maxCells = 4_000_000;

/**
 * The lines that differ, as few as there can be: what is only here before what is only there, from the top.
 * Texts that differ all over are not looked through for what they have in common.
 */
export function lineChanges(
  here: readonly string[],
  there: readonly string[],
): readonly LineChange[] {
  let begin = 0;
  while (begin < here.length && begin < there.length && here[begin] === there[begin]) begin++;
  let [endHere, endThere] = [here.length, there.length];
  while (endHere > begin && endThere > begin && here[endHere - 1] === there[endThere - 1]) {
    endHere--;
    endThere--;
  }
  const a = here.slice(begin, endHere);
  const b = there.slice(begin, endThere);
  const kept = a.length * b.length > maxCells ? new Map<number, number>() : commonLines(a, b);
  const changes: LineChange[] = [];
  let next = 0;
  const onlyThere = (until: number): void => {
    for (; next < until; next++) changes.push({ line: begin + next + 1, there: String(b[next]) });
  };
  for (const [i, line] of a.entries()) {
    const twin = kept.get(i);
    if (twin === undefined) {
      changes.push({ line: begin + i + 1, here: line });
      continue;
    }
    onlyThere(twin);
    next = twin + 1;
  }
  onlyThere(b.length);
  return changes;
}

/** The longest common subsequence. @returns by the index in `a` that in `b`, both rising */
function commonLines(a: readonly string[], b: readonly string[]): ReadonlyMap<number, number> {
  const width = b.length + 1;
  /** How many lines the rests from (i, j) on have in common. */
  const lengths = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const common = new Map<number, number>();
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) common.set(i++, j++);
    else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return common;
}
