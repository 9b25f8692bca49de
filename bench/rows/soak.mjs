/** 1,000 servers, a failure a second, a reload a minute: whether memory, descriptors and punctuality stay as they are. */
import { setTimeout as sleep } from "node:timers/promises";
import { median } from "../figures/statistics.mjs";
import { contest, until } from "../lib/contest.mjs";
import { descriptorsOf, memoryOf } from "../lib/process.mjs";

const [reals, windowSec] = [1000, 10];

const soaked = (minutes) => async (contestant, servers) => {
  await until("all in the table", () => contestant.rows() === reals, 60_000, 100);
  const samples = [];
  await servers.ask("reset 1000000");
  for (let second = 1; second <= minutes * 60; second++) {
    const failing = second % reals;
    await servers.ask(`close ${failing}`);
    await sleep(1000);
    contestant.assertRuns();
    if (second > 3) await servers.ask(`open ${(second - 3) % reals}`);
    if (second % 60 === 0) {
      contestant.rewrite({ firstWeight: 1 + (second % 7) });
      contestant.reload();
    }
    if (second % windowSec === 0) {
      const { offP99 } = await servers.ask("report");
      await servers.ask("reset 1000000");
      samples.push([memoryOf(contestant.pid), descriptorsOf(contestant.pid), offP99]);
    }
  }
  // The first quarter is the start's.
  const quarter = samples.length >> 2;
  const of = (from, to, i) => median(samples.slice(from, to).map((sample) => sample[i]));
  const grown = (i) => of(-quarter, undefined, i) / of(quarter, 2 * quarter, i);
  return { memory: grown(0), descriptors: grown(1), late: of(-quarter, undefined, 2) };
};

export const soak = {
  name: "soak",
  about: "1,000 servers, a failure a second, a reload a minute (--minutes)",
  sizes: { full: { minutes: 30 } },
  async run(bench, { minutes }) {
    const work = { check: "connect", reals, own: reals, interval: 1, rounds: 1, title: "soak" };
    const span = bench.minutes ?? minutes;
    const { memory, descriptors, late } = await contest(bench, ["ours"], work, soaked(span));
    const figure = (what, unit, values, atMost) =>
      bench.figure({ row: "soak", at: `${span} minutes`, what, unit, values, goal: { atMost } });
    figure("resident, last quarter to the second", "times", memory, 1.1);
    figure("descriptors, last quarter to the second", "times", descriptors, 1.1);
    figure("off its time, 99 of 100, last quarter", "ms", late, 50);
  },
};
