/** All real servers fail at once: how long until the last row is gone. */
import { contest, until } from "../lib/contest.mjs";

const [interval, timeout] = [10, 3];

async function lastGone(contestant, servers, { reals }) {
  const has = (wanted) => () => {
    contestant.assertRuns();
    return contestant.rows() === wanted;
  };
  await until("all in the table", has(reals), 120_000, 100);
  const { atUs } = await servers.ask("seen");
  await servers.stop();
  await until("none in the table", has(0), 120_000, 10);
  const times = [...contestant.table().values()].map((change) => change.atUs);
  return { gone: (Math.max(...times) - atUs) / 1e6 };
}

export const failure = {
  name: "failure",
  about: "all servers fail in the same second",
  sizes: { small: { reals: 1000 }, record: { reals: 10_000 }, full: { reals: 10_000 } },
  async run(bench, { reals }) {
    const work = { check: "connect", reals, interval, timeout, title: "failure of all" };
    const { gone } = await contest(bench, ["ours", "keepalived"], work, lastGone);
    bench.figure({
      ...{ row: "failure", at: `all of ${reals.toLocaleString("en")}, asked every ${interval} s` },
      ...{ what: "last row gone after", unit: "s", values: gone },
      goal: { atMost: interval + timeout + 1 },
    });
  },
};
