/** One service with twice the real servers should cost twice: ours inside a process of its own, step by step. */
import { runScript } from "../lib/script.mjs";

export const growth = {
  name: "growth",
  about: "one large service: what twice the servers cost",
  sizes: {
    small: { sizes: [1000, 2000] },
    record: { sizes: [2500, 5000, 10_000] },
    full: { sizes: [1250, 2500, 5000, 10_000] },
  },
  run(bench, { sizes }) {
    const told = runScript(bench, "growth.mjs", sizes.map(String));
    if (!told) return;
    const [before, last] = told.results.slice(-2);
    const at = `one service of ${last.each.toLocaleString("en")}`;
    for (const [step, ms] of Object.entries(last.costs)) {
      const figure = { row: "growth", at };
      // Of few, what does not grow is most of it; of less than a millisecond, chance.
      const goal = last.each >= 5000 && ms >= 1 ? { atMost: 2.5 } : undefined;
      bench.figure({ ...figure, what: `${step}, CPU`, unit: "ms", values: { ours: [ms] } });
      bench.figure({
        ...{ ...figure, what: `${step}, to that of half the servers`, unit: "times" },
        ...{ values: { ours: [ms / before.costs[step]] }, goal },
      });
    }
  },
};
