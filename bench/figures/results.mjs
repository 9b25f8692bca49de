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

/** @returns its JSON, the values of a contestant on one line, with four digits */
export function textOf(result) {
  const short = (_key, value) =>
    typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
  const text = JSON.stringify(result, short, 2);
  const lists = text.replace(/\[[-\d.,e\s]+\]/g, (list) => list.replace(/\s+/g, " "));
  return `${lists}\n`;
}
