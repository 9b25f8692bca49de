// From the start of the daemon to the last row, and the servers' end: from all dead at once to the last row gone.
// After `npm run build`: node bench/first-round.mjs [--full | SERVERS ...]; ten servers a service, connect, each 10 s.
import { setTimeout as wait } from "node:timers/promises";
import { inside } from "./lib/inside.mjs";
import { aligned } from "./figures/table.mjs";
import { measured } from "./lib/measure.mjs";
import { servers } from "./lib/servers.mjs";

const words = process.argv.slice(2);
const sizes = words.filter((word) => word !== "--full").map(Number);
if (sizes.length === 0) sizes.push(1000, ...(words.includes("--full") ? [10_000, 40_000] : []));
const results = [];
for (const size of sizes) {
  const behind = await servers();
  const farm = await inside({ services: size / 10, each: 10, check: "connect", port: behind.port });
  const until = async (count) => {
    for (;;) {
      const rows = await farm.ipvs.list();
      const used = rows.reduce(
        (n, { dests }) => n + dests.filter(({ weight }) => weight > 0).length,
        0,
      );
      if (used === count) return;
      await wait(100);
    }
  };
  const prepared = await farm.prepare();
  let daemon;
  const { value: _, ...first } = await measured(async () => {
    daemon = await farm.start(prepared);
    await until(size);
  });
  const { value: __, ...fail } = await measured(async () => {
    behind.kill();
    await until(0);
  });
  await daemon.stop("TERM");
  results.push({ size, first, fail });
}
const shown = ({ wallMs, cpuMs, turnMs }) => [wallMs, cpuMs, turnMs].map((ms) => ms.toFixed(0));
console.log(
  aligned([
    ["servers", "what", "wall ms", "CPU ms", "longest turn, own ms"],
    ...results.flatMap(({ size, first, fail }) => [
      [size, "start to the last row", ...shown(first)],
      [size, "all dead to the last row gone", ...shown(fail)],
    ]),
  ]),
);
console.log(JSON.stringify({ bench: "first-round", node: process.version, results }));
process.exit(0);
