/** What runs of the bench have measured: a plain value, kept as JSON. Pure. */

/**
 * @param before what a file has, if it is there
 * @param now of a run: { machine, rows: by name, when and how it was measured; figures, each with the name of its row as `of` }
 * @returns both; rows that were measured anew replace the old ones
 */
export function merged(before, now) {
  if (!before) return now;
  const kept = before.figures.filter(({ of }) => now.rows[of] === undefined);
  const rows = { ...before.rows, ...now.rows };
  const order = Object.keys(rows);
  const figures = [...kept, ...now.figures].sort(
    (a, b) => order.indexOf(a.of) - order.indexOf(b.of),
  );
  return { machine: now.machine, rows, figures };
}
