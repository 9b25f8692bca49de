// Ours beside keepalived, the original and a bare loop in C, on the same work, in turn: CPU, memory, how soon a failure is known.
//   node bench/run.mjs [ROW ...] [--size small|record|full] [--full] [--rounds N] [--minutes N] [--json FILE]
//                      [--beside NAME=CHECKOUT]
// Without a row: all of them. Rows that --json already has and that did not run stay there. --beside: ours of another
// checkout, too. docs/performance.md says how it measures.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { merged, textOf } from "./figures/results.mjs";
import { textTable } from "./figures/table.mjs";
import { describeMachine } from "./lib/machine.mjs";
import { goInside } from "./lib/namespace.mjs";
import { compile, install, missing, missingPeers } from "./lib/needs.mjs";
import { machineTicks, ownTicks } from "./lib/process.mjs";
import { rows } from "./rows.mjs";

const top = join(import.meta.dirname, "..");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: "string" },
    full: { type: "boolean" },
    rounds: { type: "string" },
    minutes: { type: "string" },
    json: { type: "string" },
    beside: { type: "string", multiple: true, default: [] },
    help: { type: "boolean", short: "h" },
  },
});
const size = values.size ?? (values.full ? "full" : "small");
const usualRounds = { small: 1, record: 1, full: 3 };
const unknown = positionals.filter((name) => !rows.some((row) => row.name === name));
if (values.help || unknown.length > 0 || usualRounds[size] === undefined) {
  const list = rows.map(({ name, about }) => `  ${name.padEnd(12)} ${about}`);
  console.log(
    [
      "node bench/run.mjs [ROW ...] [--size small|record|full] [--rounds N] [--json FILE]",
      ...list,
    ].join("\n"),
  );
  process.exit(values.help ? 0 : 64);
}
if (missing().length > 0) {
  console.error(["the bench wants, first:", ...missing()].join("\n  "));
  process.exit(1);
}
await goInside();

const scratch = mkdtempSync(join(tmpdir(), "bench-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
const absent = missingPeers();
for (const { name, remedy } of absent) console.error(`without ${name}: ${remedy}`);

const besides = [];
for (const each of values.beside) {
  const [name, checkout] = each.split("=");
  besides.push(`${name}=${await install(checkout, join(scratch, "products", name))}`);
}

const { commit, ...machine } = describeMachine();
const result = { machine, rows: {}, figures: [] };
let [figures, failures] = [[], []];
const bench = {
  scratch,
  programs: compile(scratch),
  /** In bench/lab.mjs it is there already. */
  product: process.env.BENCH_PRODUCT ?? (await install(top, join(scratch, "products/ours"))),
  rounds: Number(values.rounds ?? usualRounds[size]),
  minutes: values.minutes && Number(values.minutes),
  /** Those of the names that are here, and who else stands beside ours. */
  present: (names) => [
    ...names.filter((name) => !absent.some((peer) => peer.name === name)),
    ...(names.includes("ours") ? besides : []),
  ],
  say: (text) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`),
  failed: (text) => {
    console.error(`\n${text}`);
    failures.push(text);
  },
  /** @param figure of figures/statistics.mjs, with { row, at, what, unit } */
  figure: (figure) => figures.push({ ...figure, values: figure.values ?? {} }),
};

const before =
  values.json && existsSync(values.json)
    ? JSON.parse(readFileSync(values.json, "utf8"))
    : undefined;

/** After each row, so that one that is ended keeps what it has. */
const keep = (path) => writeFileSync(path, textOf(merged(before, result)));

for (const row of rows) {
  const isWanted = positionals.length === 0 ? row.sizes[size] : positionals.includes(row.name);
  if (!isWanted) continue;
  [figures, failures] = [[], []];
  const at = new Date().toISOString();
  const [begun, ticks, own] = [performance.now(), machineTicks(), ownTicks()];
  await row.run(bench, row.sizes[size] ?? row.sizes.full);
  if (figures.length === 0) continue;
  const ticksNow = machineTicks();
  const seconds = (performance.now() - begun) / 1000;
  const others = ticksNow.busy - ticks.busy - (ownTicks() - own);
  result.rows[row.name] = {
    ...{ at, commit, size, failures, seconds: Math.round(seconds) },
    othersPercent: Math.max(0, Math.round(others / seconds)),
    stealPercent: Math.round((ticksNow.steal - ticks.steal) / seconds),
  };
  result.figures.push(...figures.map((figure) => ({ of: row.name, ...figure })));
  bench.say("");
  console.error(`${row.name}: ${Math.round(seconds)} s`);
  if (values.json) keep(values.json);
}

console.log(textTable(result.figures));
for (const [name, { othersPercent, stealPercent }] of Object.entries(result.rows)) {
  console.log(
    `${name}: other programs took ${othersPercent} % of a processor, the host ${stealPercent} %`,
  );
}
console.log(JSON.stringify(machine));
process.exit(0);
