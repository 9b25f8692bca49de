// A reload: nothing changed, and one weight changed. How long the loop was held up is how late a check would be.
// After `npm run build`: node bench/reload.mjs [--full] [SERVICESxSERVERS ...]
import { aligned, spread } from "./figures/table.mjs";
import { inside } from "./lib/inside.mjs";
import { measured } from "./lib/measure.mjs";

const words = process.argv.slice(2);
const layouts = words.filter((word) => word !== "--full");
if (layouts.length === 0)
  layouts.push("500x10", ...(words.includes("--full") ? ["2300x16", "1x10000"] : []));
const trials = 5;
const results = [];
for (const layout of layouts) {
  const [services, each] = layout.split("x").map(Number);
  const farm = await inside({ services, each });
  const prepared = await measured(farm.prepare);
  if (!prepared.value.ok) throw new Error(prepared.value.problems[0].text);
  const start = await measured(() => farm.start(prepared.value));
  const daemon = start.value;
  await daemon.firstRound();
  const reload = async () => {
    const before = farm.ipvs.messages;
    const run = await measured(() => daemon.reload("signal"));
    if (!run.value) throw new Error("the reload failed");
    return { ...run, messages: farm.ipvs.messages - before };
  };
  const runs = { prepare: [prepared], start: [start], same: [], changed: [] };
  for (let trial = 0; trial < trials; trial++) {
    runs.same.push(await reload());
    farm.write({ first: 2 + trial });
    runs.changed.push(await reload());
  }
  await daemon.stop("TERM");
  for (const [what, all] of Object.entries(runs)) {
    results.push({ layout, what, runs: all.map(({ value: _, ...run }) => run) });
  }
}
const of = (runs, key) => (runs[0][key] === undefined ? "" : spread(runs.map((run) => run[key])));
console.log(
  aligned([
    [
      "services x servers",
      "what",
      "wall ms",
      "CPU ms",
      "longest stall ms",
      "longest turn, own ms",
      "collector ms",
      "messages",
    ],
    ...results.map(({ layout, what, runs }) => [
      layout,
      what,
      ...["wallMs", "cpuMs", "stallMs", "turnMs", "gcMs", "messages"].map((key) => of(runs, key)),
    ]),
  ]),
);
console.log(JSON.stringify({ bench: "reload", node: process.version, results }));
process.exit(0);
