// The tables of docs/monitoring.md that tell of the metrics, made from src/metrics. With --check nothing is written: ends
// with 1 when they are not as they would be made.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const top = join(import.meta.dirname, "..");
const path = join(top, "docs/monitoring.md");
const metrics = await load(`
  export { countedMetrics } from "./counted-metrics.ts";
  export { directorMetrics } from "./director-metrics.ts";
  export { processMetrics } from "./own-process.ts";
  export { rowMetrics, serverMetrics } from "./server-metrics.ts";
  export { serviceMetrics } from "./service-metrics.ts";
`);

/** By the head of their table: the metrics, and the labels that each of them has. */
const tables = {
  "of this director": [
    metrics.directorMetrics,
    Object.values(metrics.countedMetrics),
    metrics.processMetrics,
  ].map((some) => [some, []]),
  "of each virtual service": [[metrics.serviceMetrics, ["service"]]],
  "of each real server, or row": [
    [metrics.serverMetrics, ["service", "server"]],
    [metrics.rowMetrics, ["service", "row"]],
  ],
};

const before = readFileSync(path, "utf8");
let after = before;
for (const [head, groups] of Object.entries(tables)) {
  after = after.replace(new RegExp(`^\\| ${head} \\|.*\\n(?:\\|.*\\n)*`, "m"), table(head, groups));
}
if (after !== before && process.argv.includes("--check")) {
  console.error("docs/monitoring.md is not as made: node packaging/metric-texts.mjs");
  process.exitCode = 1;
} else if (after !== before) {
  writeFileSync(path, after);
}

function table(head, groups) {
  const rows = groups.flatMap(([some, own]) =>
    some.map(({ name, type, help, labels = [] }) => [
      `\`${name}\``,
      type,
      [...own, ...labels].join(", ") || "–",
      help.replace(/\.$/, ""),
    ]),
  );
  const lines = [[head, "type", "labels", "what it is"], ["---", "---", "---", "---"], ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

/** Node.js 20 reads no TypeScript. */
async function load(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: join(top, "src", "metrics") },
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}
