// The tables of docs/high-availability.md: every trouble of an active director, with keepalived alone and with recipe a, under
// 200 new requests a second and 50 long connections.
//   node bench/ha.mjs [--at-speed FILE.deb] [--rounds N] [--with FILE ...] [--write] [--json FILE]
// In a kernel of its own with IPVS, ten minutes a round; or --at-speed, on this host's kernel with the package that is
// named: see test/stages/surroundings/at-speed.sh. --with takes in what an earlier run
// left by --json; --write puts the table into the page.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    "at-speed": { type: "string" },
    rounds: { type: "string", default: "1" },
    with: { type: "string", multiple: true, default: [] },
    write: { type: "boolean" },
    json: { type: "string" },
  },
});
const top = join(import.meta.dirname, "..");
const page = join(top, "docs/high-availability.md");
const deb = values["at-speed"];

/** What runs, and what of it the table shows: at speed there is no IPVS, whoever has the address answers, and no connection is long. */
const way =
  deb === undefined
    ? {
        begin: "<!-- bench/ha.mjs makes this table -->\n",
        command: [
          ...[process.execPath, "test/lab/run.mjs"],
          ...["--project", "ha", "--limit", "3600", "table"],
        ],
        environment: { LAB_HA: "full" },
        columns: {
          failed: "failed",
          broken: "broken",
          seconds: "seconds",
          silenceSeconds: "silence",
        },
      }
    : {
        begin: "<!-- bench/ha.mjs --at-speed makes this table -->\n",
        command: ["bash", "test/stages/surroundings/at-speed.sh", "ha/table"],
        environment: { LAB_PACKAGE: resolve(deb) },
        columns: { failed: "failed", seconds: "seconds" },
      };
const end = "<!-- until here -->\n";

/** Each is a line of test/stages/ha/table.test.ts. */
const results = values.with.flatMap((file) => JSON.parse(readFileSync(file, "utf8")));
for (let round = 0; round < Number(values.rounds); round++) {
  const [program, ...args] = way.command;
  const child = spawn(program, args, {
    cwd: top,
    env: { ...process.env, NO_COLOR: "1", ...way.environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    console.log(line);
    const [, json] = /ha-result (\{.*\})$/.exec(line) ?? [];
    if (json) results.push(JSON.parse(json));
  }
}

const names = { dr: "direct routing", nat: "translation" };
const recipes = {
  "keepalived and ldirectord-ng": "recipe a",
  "keepalived alone": "keepalived alone",
};
const keyOf = ({ mode, trouble }) => `${names[mode]} | ${trouble}`;
const columns = Object.entries(way.columns);

/** Of more than one round, the least and the most. */
function cell(runs, what) {
  const all = runs.map((run) => run[what]);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  return least === most ? `${least}` : `${least}–${most}`;
}
const cellsOf = (key, recipe) => {
  const runs = results.filter((result) => keyOf(result) === key && result.recipe === recipe);
  return columns.map(([what]) => cell(runs, what)).join(" | ");
};
/** A trial that failed has no line: then there is nothing to stand beside. */
const isWhole = (key) =>
  Object.keys(recipes).every((recipe) =>
    results.some((result) => keyOf(result) === key && result.recipe === recipe),
  );
const keys = new Set(results.map(keyOf).filter(isWhole));
const rows = [...keys].map(
  (key) =>
    `| ${[key, ...Object.keys(recipes).map((recipe) => cellsOf(key, recipe))].join(" | ")} |`,
);
const heads = Object.keys(recipes).flatMap(() => columns.map(([, name]) => name));
const whose = Object.values(recipes).flatMap((name) => [
  `**${name}**`,
  ...columns.slice(1).map(() => ""),
]);
const table = `| | the active director | ${heads.join(" | ")} |
|${" --- |".repeat(heads.length + 2)}
| | | ${whose.join(" | ")} |
${rows.join("\n")}
`;
console.log(table);
if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
if (values.write) {
  const text = readFileSync(page, "utf8");
  const from = text.indexOf(way.begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < from) throw new Error(`${page}: where the table goes is not marked`);
  writeFileSync(page, `${text.slice(0, from + way.begin.length)}\n${table}\n${text.slice(to)}`);
}
