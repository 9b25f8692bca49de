/** Figures as people read them: lines for a terminal, a table for a page. Pure. */
import { judge, median } from "./statistics.mjs";

/** As many digits as mean something. */
export function shown(number) {
  const size = Math.abs(number);
  if (size >= 100) return Math.round(number).toLocaleString("en");
  return number.toFixed(size >= 10 ? 1 : size === 0 ? 0 : 2);
}

/** `12.3 (11.9–14.0)`: the median, and the range of several runs. */
export function spread(values) {
  if (!values?.length) return "–";
  const middle = shown(median(values));
  if (values.length === 1) return middle;
  return `${middle} (${shown(Math.min(...values))}–${shown(Math.max(...values))})`;
}

export function goalText({ atMost, atLeast, of } = {}) {
  const limit = atMost ?? atLeast;
  if (limit === undefined) return "–";
  const words = `at ${atMost === undefined ? "least" : "most"} ${of ? limit : limit.toLocaleString("en")}`;
  return of ? `${words} of ${of}` : words;
}

const verdicts = new Map([
  [true, "yes"],
  [false, "**no**"],
]);

/** Cells of a head and of each figure. */
function cells(figures) {
  const known = ["ours", "keepalived", "original", "floor"];
  const present = new Set(figures.flatMap(({ values }) => Object.keys(values)));
  const others = [...present].filter((who) => !known.includes(who));
  const contestants = [...known.filter((who) => present.has(who)), ...others];
  const head = ["work", "figure", ...contestants, "ratio", "goal", "met"];
  const rows = figures.map((figure) => {
    const { peer, ratio, isMet } = judge(figure);
    return [
      `${figure.row}, ${figure.at}`,
      [figure.what, figure.unit].filter(Boolean).join(", "),
      ...contestants.map((who) => spread(figure.values[who])),
      ratio === undefined ? "–" : `${shown(ratio)} (${peer})`,
      goalText(figure.goal),
      verdicts.get(isMet) ?? "–",
    ];
  });
  return [head, ...rows];
}

/** Rows of cells under each other. */
export function aligned(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => String(row[i]).length)));
  const line = (row) => row.map((cell, i) => String(cell).padEnd(widths[i])).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}

export const textTable = (figures) =>
  aligned(cells(figures).map((row) => row.map((cell) => cell.replaceAll("*", ""))));

export function pageTable(figures) {
  const [head, ...rows] = cells(figures);
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |\n`).join("");
}
