/** One column of a table: its heading, and how its cells stand below it. */
export interface Column {
  readonly title: string;
  /** Default left. */
  readonly side?: "left" | "right";
}

/** Headings and rows, each column as wide as its widest cell, two blanks between; nothing is cut. One line a row. */
export function textTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const titles = columns.map(({ title }) => title);
  const widths = titles.map((title, i) =>
    rows.reduce((width, row) => Math.max(width, row[i]?.length ?? 0), title.length),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ side = "left" }, i) => {
        const [cell = "", width = 0] = [cells[i], widths[i]];
        return side === "left" ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd();
  return [titles, ...rows].map((cells) => `${line(cells)}\n`).join("");
}

const units = ["", "k", "M", "G", "T", "P", "E"] as const;

/** In at most five characters: `9999`, `12.3k`, `1.23M`, by thousands. */
export function scaled(count: number): string {
  const whole = Math.round(count);
  if (whole < 10_000) return String(whole);
  let rest = whole;
  let unit = 0;
  // 999.5 and more would be written with four digits.
  while (rest >= 999.5 && unit < units.length - 1) {
    rest /= 1000;
    unit++;
  }
  const digits = rest >= 99.95 ? 0 : rest >= 9.995 ? 1 : 2;
  return `${rest.toFixed(digits)}${units[unit]}`;
}
