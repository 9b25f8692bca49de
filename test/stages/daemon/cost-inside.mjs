// A daemon in this process, on an embedded table: what its checks allocate and what they tell the table, as one line of
// JSON. Wants --expose-gc, and a young generation that holds all of it: nothing is to be collected meanwhile.
import { PerformanceObserver } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";

const [file = "", wanted = "0"] = process.argv.slice(2);
const dist = (path) => import(new URL(`../../../dist/${path}`, import.meta.url).href);
const [{ prepare }, { startDaemon }, { EmbeddedIpvs }, { loadChecks }] = await Promise.all(
  [
    "src/daemon/prepare.js",
    "src/daemon/daemon.js",
    "src/ipvs/embedded-ipvs.js",
    "checks/registry.js",
  ].map(dist),
);

let checks = 0;
let told = 0;
let waiting;
const log = {
  event: (name) => {
    if (name !== "real-checked" || ++checks < (waiting?.until ?? 0)) return;
    waiting?.resolve();
    waiting = undefined;
  },
  debug: () => {},
};
/** Once so many more have been done. */
const checked = (more) =>
  new Promise((resolve) => {
    waiting = { until: checks + more, resolve };
  });

const table = new EmbeddedIpvs();
const apply = table.apply.bind(table);
table.apply = (ops) => {
  told += ops.length;
  return apply(ops);
};

/** When the collector was at work. */
const collected = [];
new PerformanceObserver((list) => {
  for (const { startTime } of list.getEntries()) collected.push(startTime);
}).observe({ entryTypes: ["gc"] });
const used = () => getHeapStatistics().used_heap_size;
const turn = () => new Promise((resolve) => setImmediate(resolve));

const registry = await loadChecks();
const again = () => prepare(file, registry);
const prepared = await again();
if (!prepared.ok) throw new Error(JSON.stringify(prepared));
const daemon = await startDaemon({ log, ipvs: table, prepared, prepareAgain: again, rereadMs: 0 });
await daemon.firstRound();
const rows = told;
await checked(Number(wanted));

for (let attempt = 0; attempt < 5; attempt++) {
  globalThis.gc();
  await turn();
  const from = performance.now();
  const [checksBefore, usedBefore] = [checks, used()];
  await checked(Number(wanted));
  const [done, allocated] = [checks - checksBefore, used() - usedBefore];
  const until = performance.now();
  // What is observed comes in a turn of its own.
  await turn();
  await turn();
  if (collected.some((at) => at > from && at < until)) continue;
  globalThis.gc();
  const kept = used() - usedBefore;
  console.log(JSON.stringify({ checks: done, allocated, kept, rows, told: told - rows }));
  process.exit(0);
}
throw new Error("the collector does not leave it in peace");
