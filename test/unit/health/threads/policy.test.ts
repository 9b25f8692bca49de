import fc from "fast-check";
import { expect, test } from "vitest";
import {
  alone,
  type Load,
  nextStanding,
  type Standing,
  spreadOver,
} from "../../../../src/health/threads/policy.ts";

const looks = (standing: Standing, load: Load, times: number, most = 3): Standing => {
  let now = standing;
  for (let i = 0; i < times; i++) now = nextStanding(now, load, most);
  return now;
};
const busy = (main: number, ...threads: number[]): Load => ({ main, threads });
const with1: Standing = { ...alone, ...spreadOver(1) };

test("a loop that is over two thirds busy for ten seconds gets a thread beside it, with half of the probes", () => {
  expect(looks(alone, busy(0.7), 4)).toMatchObject({ threads: 0 });
  expect(looks(alone, busy(0.7), 5)).toMatchObject({ threads: 1, share: 0.5 });
});

test("a moment of quiet begins the count anew", () => {
  const nearly = looks(alone, busy(0.9), 4);
  expect(looks(nextStanding(nearly, busy(0.5), 3), busy(0.9), 4)).toMatchObject({ threads: 0 });
});

test("where the main loop is the one that is crowded, more of the probes go to the threads", () => {
  expect(looks(with1, busy(0.9, 0.4), 5)).toMatchObject({ threads: 1, share: 0.625 });
  expect(looks(with1, busy(0.4, 0.9), 5)).toMatchObject({ threads: 1, share: 0.375 });
});

test("where all are crowded there is one more, as long as there is a processor for it", () => {
  expect(looks(with1, busy(0.9, 0.85), 5)).toMatchObject({ threads: 2, share: 2 / 3 });
  expect(looks(with1, busy(0.9, 0.85), 5, 1)).toMatchObject({ threads: 1, share: 0.5 });
});

test("a thread ends when all would have fitted without it for three minutes, with room to spare", () => {
  expect(looks(with1, busy(0.2, 0.2), 89)).toMatchObject({ threads: 1 });
  expect(looks(with1, busy(0.2, 0.2), 90)).toMatchObject({ threads: 0, share: 0 });
  // It would be two thirds of the one loop.
  expect(looks(with1, busy(0.3, 0.3), 500)).toMatchObject({ threads: 1 });
});

test("whatever the load, there are as many as may be, and at the same load it comes to rest", () => {
  const part = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 8 }),
      fc.array(part, { maxLength: 300 }),
      (most, loads) => {
        let now = alone;
        for (const load of loads) {
          now = nextStanding(now, busy(load, ...Array(now.threads).fill(load)), most);
          expect(now.threads).toBeLessThanOrEqual(most);
          expect(now.share >= 0 && now.share <= 1).toBe(true);
          expect(now.threads === 0).toBe(now.share === 0);
        }
      },
    ),
  );
  // All the work there is, spread over whoever is there: no number is taken up and given back again and again.
  fc.assert(
    fc.property(fc.double({ min: 0, max: 5, noNaN: true }), (work) => {
      let now = alone;
      const seen: number[] = [];
      for (let i = 0; i < 2000; i++) {
        const each = Math.min(1, work / (now.threads + 1));
        now = nextStanding(now, busy(each, ...Array(now.threads).fill(each)), 8);
        seen.push(now.threads);
      }
      expect(new Set(seen.slice(-1000)).size).toBe(1);
    }),
  );
});
