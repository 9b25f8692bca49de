/** From a server's failure until its row is gone, and from its return until it is back: at random moments. */
import { setTimeout as sleep } from "node:timers/promises";
import { address } from "../lib/configurations.mjs";
import { contest, port, until } from "../lib/contest.mjs";

const darkPort = 8090;
/** Of 200 servers; and as many trials as a median needs: a moment within a second is anything from 0 to 1,000 ms. */
const [atOnce, many] = [40, 400];
const failures = { refused: ["close", "open"], silent: ["mute", "unmute"] };

const trialsOf = (kind, trials) => async (contestant, servers, work) => {
  const isIn = (real) => contestant.table().get(real)?.isIn === true;
  const changed = async (real, wanted) => {
    await until(`${real} ${wanted ? "in" : "out"}`, () => isIn(real) === wanted, 30_000, 1);
    return contestant.table().get(real).atUs;
  };
  const own = Array.from({ length: work.own }, (_, i) => `${address(i)}:${port}`);
  const isWhole = () => {
    contestant.assertRuns();
    return own.every(isIn);
  };
  await until("all in the table", isWhole, 120_000, 100);
  // Those that are silent for ever are known to be, too.
  await sleep(5000);
  const [fail, mend] = failures[kind];
  const free = own.map((_, i) => i);
  const result = { out: [], back: [] };
  let left = trials;
  const worker = async () => {
    while (left-- > 0) {
      const [i] = free.splice(Math.floor(Math.random() * free.length), 1);
      await sleep(Math.random() * 2000);
      const failed = await servers.ask(`${fail} ${i}`);
      result.out.push(((await changed(own[i], false)) - failed.atUs) / 1000);
      await sleep(Math.random() * 1000);
      const mended = await servers.ask(`${mend} ${i}`);
      result.back.push(((await changed(own[i], true)) - mended.atUs) / 1000);
      await sleep(500);
      free.push(i);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, trials) }, worker));
  return result;
};

/** Beside the 200 that fail by turns: how many are silent for ever, how many more are asked a second. */
const cases = {
  alone: { at: "200 servers", dark: 0, more: 0 },
  dark50: { at: "200 among 50 dark", dark: 50, more: 0 },
  dark500: { at: "200 among 500 dark", dark: 500, more: 0 },
  dark5000: { at: "200 among 5,000 dark", dark: 5000, more: 0 },
  busy: { at: "200 among 10,000 checks a second", dark: 0, more: 9800 },
};

/** Half of the interval of 1 s, and 30 ms; for a silent one its timeout of 3 s more. */
const goals = { refused: { atMost: 530 }, silent: { atMost: 3530 } };

export const detection = {
  name: "detection",
  about: "how soon a server that fails is out, and back when it answers",
  sizes: {
    small: {
      trials: 5,
      wanted: [
        ["refused", "alone"],
        ["silent", "alone"],
      ],
    },
    record: {
      trials: many,
      wanted: [
        ["refused", "alone"],
        ["silent", "alone"],
        ["refused", "dark5000"],
        ["refused", "busy"],
      ],
    },
    full: {
      trials: many,
      wanted: Object.keys(cases).flatMap((name) => [
        ["refused", name],
        ["silent", name],
      ]),
    },
  },
  async run(bench, { trials, wanted }) {
    for (const [kind, name] of wanted) {
      const { at, dark, more } = cases[name];
      const work = {
        ...{ check: "connect", own: 200 + more, reals: 200 + more, dark, darkPort },
        ...{ interval: 1, timeout: 3, each: 10, rounds: 1, title: `detection, ${kind}, ${at}` },
      };
      const { out, back } = await contest(
        ...[bench, ["ours", "keepalived"], work, trialsOf(kind, trials)],
      );
      const row = `detection, ${kind}`;
      bench.figure({ row, at, what: "out after", unit: "ms", values: out, goal: goals[kind] });
      bench.figure({ row, at, what: "back after", unit: "ms", values: back });
    }
  },
};
