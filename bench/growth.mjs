// One service with more and more real servers: what each step costs, and how it grows. Twice the servers should cost twice.
// After `npm run build`: node bench/growth.mjs [--full | SERVERS ...]
import { setTimeout as wait } from "node:timers/promises";
import { aligned } from "./figures/table.mjs";
import { inside } from "./lib/inside.mjs";
import { measured } from "./lib/measure.mjs";
import { servers } from "./lib/servers.mjs";

const words = process.argv.slice(2);
const sizes = words.filter((word) => word !== "--full").map(Number);
if (sizes.length === 0)
  sizes.push(1000, 2000, 4000, ...(words.includes("--full") ? [8000, 16_000] : []));

const planCount = 50;

async function sized(each) {
  const behind = await servers();
  const farm = await inside({
    services: 1,
    each,
    check: "connect",
    port: behind.port,
    interval: 5,
  });
  const weights = async () =>
    (await farm.ipvs.list())[0]?.dests.filter(({ weight }) => weight > 0).length ?? 0;
  const until = async (count) => {
    while ((await weights()) !== count) await wait(50);
  };
  const costs = {};
  const step = async (name, work) => {
    const { value, cpuMs } = await measured(work);
    costs[name] = cpuMs;
    return value;
  };
  const prepared = await step("prepare", farm.prepare);
  let daemon;
  await step("first round", async () => {
    daemon = await farm.start(prepared);
    await until(each);
  });
  await step("snapshot", () => daemon.snapshot());
  farm.write({ first: 2 });
  await step("reload", () => daemon.reload("signal"));
  farm.write({ services: 0 });
  const without = await farm.prepare();
  // It touches nothing and takes milliseconds: of one alone most would be the rubbish that was collected before it.
  const plans = await measured(async () => {
    for (let nth = 0; nth < planCount; nth++) await daemon.rehearse(without);
  });
  costs["plan without it"] = plans.cpuMs / planCount;
  await step("all fail", async () => {
    behind.kill();
    await until(0);
  });
  await daemon.stop("TERM");
  return { each, costs };
}

const results = [];
for (const each of sizes) results.push(await sized(each));
const names = Object.keys(results[0].costs);
const cell = (name, i) => {
  const [now, before] = [results[i].costs[name], results[i - 1]?.costs[name]];
  return `${now.toFixed(0)}${before === undefined ? "" : ` (x ${(now / before).toFixed(1)})`}`;
};
console.log(
  aligned([
    ["CPU ms", ...sizes],
    ...names.map((name) => [name, ...sizes.map((_, i) => cell(name, i))]),
  ]),
);
console.log(JSON.stringify({ bench: "growth", node: process.version, results }));
process.exit(0);
