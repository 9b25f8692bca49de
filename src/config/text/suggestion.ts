/**
 * The word of `words` that `word` is most likely a slip of, or undefined when none is near.
 * Near: at most one edit per three letters, or two for words of five letters that keep their first.
 */
export function closestWord(word: string, words: Iterable<string>): string | undefined {
  const lower = word.toLowerCase();
  if (lower === "") return undefined;
  let best: { word: string; distance: number } | undefined;
  for (const candidate of words) {
    const length = Math.max(lower.length, candidate.length);
    const keepsFirst = lower[0] === candidate[0]?.toLowerCase();
    const allowed = Math.max(Math.floor(length / 3), keepsFirst && length > 4 ? 2 : 1);
    if (Math.abs(lower.length - candidate.length) > allowed) continue;
    const edits = editDistance(lower, candidate.toLowerCase());
    if (edits > allowed || edits >= length) continue;
    // Few get the first letter wrong: it decides between words equally near.
    const distance = keepsFirst ? edits - 0.5 : edits;
    if (best === undefined || distance < best.distance) best = { word: candidate, distance };
  }
  return best?.word;
}

/** `; did you mean "rr"?`, or nothing. */
export function suggestion(word: string, words: Iterable<string>): string {
  const near = closestWord(word, words);
  return near === undefined ? "" : `; did you mean "${near}"?`;
}

/** Insertions, deletions, replacements and swaps of neighbours. Words over 40 letters are cut. */
function editDistance(left: string, right: string): number {
  const a = left.slice(0, 40);
  const b = right.slice(0, 40);
  let older: number[] = [];
  let old = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (old[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (old[j - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, (older[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    older = old;
    old = row;
  }
  return old[b.length] ?? 0;
}
