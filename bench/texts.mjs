// The tables of docs/performance.md and its pictures, made from what was measured: docs/performance/*.json. With --check nothing
// is written: ends with 1 when one is not as it would be made.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chart } from "./figures/chart.mjs";
import { judge } from "./figures/statistics.mjs";
import { goalText, pageTable, shown, spread } from "./figures/table.mjs";

const top = join(import.meta.dirname, "..");
const measured = (name) =>
  JSON.parse(readFileSync(join(top, `docs/performance/${name}.json`), "utf8"));
const [host, kernel] = ["figures", "kernel"].map(measured);
const inAPlace = (text) => text.toLocaleString("en");

/** Which machine, and row by row when, for how long, and what else ran. */
function about({ machine, rows }) {
  const versions = ["node", "ours", "keepalived", "original"].map(
    (name) => `${name === "node" ? "Node.js" : name} ${machine[name] ?? "not there"}`,
  );
  const head = `${machine.processor}, ${machine.processors} processors, ${machine.memoryGiB} GiB; Linux ${machine.kernel}; tables: ${machine.table}; ${versions.join(", ")}.`;
  const lines = Object.entries(rows).map(
    ([name, { at, commit, size, seconds, othersPercent, stealPercent, failures }]) =>
      `| ${name} | ${at.slice(0, 16).replace("T", " ")} | ${commit ?? "–"} | ${size} | ${inAPlace(seconds)} | ${othersPercent} % | ${stealPercent} % | ${failures.join("; ") || "–"} |\n`,
  );
  return `${head}\n\n| row | at (UTC) | commit | size | seconds | other programs, of a processor | taken by the host | could not |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n${lines.join("")}`;
}

const checks = new Set(["connect", "http", "https", "ping"]);
const of = (what) => host.figures.filter((figure) => figure.what === what);

/** A line for each goal that is not met. */
function missed(figures) {
  const lines = figures.flatMap((figure) => {
    const { isMet, ratio } = judge(figure);
    if (isMet !== false) return [];
    const measured = figure.goal.of
      ? `${shown(ratio)} of ${figure.goal.of}`
      : spread(figure.values.ours);
    return [
      `- ${figure.row}, ${figure.at}: ${figure.what} ${measured}; the goal is ${goalText(figure.goal)}\n`,
    ];
  });
  return lines.length > 0 ? lines.join("") : "Nothing.\n";
}

const blocks = {
  host: () => about(host),
  checks: () => pageTable(host.figures.filter(({ of }) => checks.has(of))),
  others: () => pageTable(host.figures.filter(({ of }) => !checks.has(of))),
  missed: () => missed([...host.figures, ...kernel.figures]),
  kernel: () => `${about(kernel)}\n${pageTable(kernel.figures)}`,
};

/** Each block stands between two marks. */
function page(before) {
  return Object.entries(blocks).reduce((text, [name, make]) => {
    const [begin, end] = [`<!-- ${name}: bench/texts.mjs makes it -->\n`, "<!-- until here -->\n"];
    const from = text.indexOf(begin) + begin.length;
    const to = text.indexOf(end, from);
    if (from < begin.length || to < 0) throw new Error(`docs/performance.md: no place for ${name}`);
    return `${text.slice(0, from)}\n${make()}\n${text.slice(to)}`;
  }, before);
}

const made = {
  "docs/performance.md": page,
  "docs/performance/checks.svg": () => chart("CPU a check, µs: less is better", of("CPU a check")),
  "docs/performance/memory.svg": () =>
    chart("Resident memory, MiB: less is better", of("resident")),
  "docs/performance/detection.svg": () =>
    chart("From a failure until the row is gone, ms: less is better", of("out after")),
};

for (const [path, make] of Object.entries(made)) {
  const file = join(top, path);
  const before = existsSync(file) ? readFileSync(file, "utf8") : "";
  const after = make(before);
  if (after === before) continue;
  if (process.argv.includes("--check")) {
    console.error(`${path} is not as made: node bench/texts.mjs`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, after);
  }
}
