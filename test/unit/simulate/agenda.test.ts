import fc from "fast-check";
import { expect, test } from "vitest";
import { Agenda } from "../../../src/simulate/agenda.ts";

test("what is to come comes in the order of its times, and of its adding", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
      const agenda = new Agenda<number>();
      for (const [nth, at] of times.entries()) agenda.add(at, nth);
      const seen = times.map(() => agenda.next());
      const sorted = [...times.entries()].sort(([a, at], [b, bt]) => at - bt || a - b);
      expect(seen.map((it) => [it?.what, it?.at])).toEqual(sorted);
      expect(agenda.next()).toBeUndefined();
    }),
  );
});
