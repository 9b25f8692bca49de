/** Memory by real servers, and the first round, which the start of so many is. */
import { setTimeout as sleep } from "node:timers/promises";
import { contest } from "../lib/contest.mjs";
import { cpuOf, memoryOf } from "../lib/process.mjs";
import { allAsked } from "./checks.mjs";

const interval = 10;

async function standing(contestant, servers, work) {
  await allAsked(contestant, servers, work);
  const { firstUs, lastNewUs } = await servers.ask("seen");
  const cpu = cpuOf(contestant.pid);
  await sleep(work.settleMs);
  contestant.assertRuns();
  return {
    memory: memoryOf(contestant.pid),
    first: (firstUs - contestant.startedUs) / 1e6,
    last: (lastNewUs - contestant.startedUs) / 1e6,
    cpu,
  };
}

export const memory = {
  name: "memory",
  about: "memory by real servers, and how long the first round takes",
  sizes: {
    small: { counts: [1000], settleMs: 3000 },
    record: { counts: [1000, 10_000, 40_000], settleMs: 3000 },
    full: { counts: [1000, 10_000, 40_000], settleMs: interval * 1000 },
  },
  async run(bench, { counts, settleMs }) {
    for (const reals of counts) {
      const work = { check: "connect", reals, interval, settleMs, title: `memory of ${reals}` };
      const { memory, first, last, cpu } = await contest(
        bench,
        ["ours", "keepalived"],
        work,
        standing,
      );
      const at = `${reals.toLocaleString("en")} servers`;
      const goal = { atMost: Math.round(70 + (reals * 3) / 1024) };
      bench.figure({ row: "memory", at, what: "resident", unit: "MiB", values: memory, goal });
      const row = "first round";
      bench.figure({ row, at, what: "start to first question", unit: "s", values: first });
      bench.figure({ row, at, what: "start to last first question", unit: "s", values: last });
      bench.figure({ row, at, what: "CPU until then", unit: "s", values: cpu });
    }
  },
};
