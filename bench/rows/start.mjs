/** From the exec of the program until the last real server is in the table. */
import { spawnSync } from "node:child_process";
import { contest, until } from "../lib/contest.mjs";
import { nowUs } from "../lib/contestants.mjs";

function startOfNode() {
  const begun = nowUs();
  spawnSync(process.execPath, ["-e", "0"]);
  return (nowUs() - begun) / 1e6;
}

async function lastRow(contestant, _servers, { reals }) {
  const isWhole = () => {
    contestant.assertRuns();
    return contestant.rows() === reals;
  };
  await until("all in the table", isWhole, 120_000, 5);
  const times = [...contestant.table().values()].map(({ atUs }) => atUs);
  return { last: (Math.max(...times) - contestant.startedUs) / 1e6 };
}

export const start = {
  name: "start",
  about: "from exec to the last row of the table",
  sizes: {
    small: { counts: [200] },
    record: { counts: [200, 1000], rounds: 3 },
    full: { counts: [200, 1000], rounds: 20 },
  },
  async run(bench, { counts, rounds }) {
    for (const reals of counts) {
      const work = { check: "connect", reals, interval: 1, rounds, title: `start of ${reals}` };
      const { last = {} } = await contest(bench, ["ours", "keepalived"], work, lastRow);
      const node = (last.ours ?? []).map(startOfNode);
      const figure = { row: "start", at: `${reals.toLocaleString("en")} servers`, unit: "s" };
      bench.figure({ ...figure, what: "exec to last row", values: last });
      const beyond = last.ours?.map((seconds, i) => seconds - node[i]);
      bench.figure({
        ...{ ...figure, what: "beyond Node's own start" },
        ...{ values: { ours: beyond }, goal: { atMost: 1.5 } },
      });
    }
  },
};
