import fc from "fast-check";
import { expect, test } from "vitest";
import {
  longestRunMs,
  mayBeOurDoing,
  ServerTime,
} from "../../../../src/health/probes/server-time.ts";

test("a silent server has had all the time there was, however much of it our loop lost", () => {
  expect(new ServerTime(100, 0).hadMs(5100)).toBe(5000);
});

test("of an answered step, the time that our loop lost is not the server's", () => {
  const time = new ServerTime(0, 50);
  time.heard(1000, 850);
  expect(time.hadMs(1000)).toBe(200);
  expect(time.hadMs(3000)).toBe(2200);
});

test("what it has had never falls, is never more than the time there was, nor less than its present silence", () => {
  const step = fc.record({
    ms: fc.nat(5000),
    lostShare: fc.double({ min: 0, max: 1.2, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(step), fc.nat(5000), (steps, silence) => {
      const time = new ServerTime(0, 0);
      let [now, lost, before] = [0, 0, 0];
      for (const { ms, lostShare } of steps) {
        now += ms;
        lost += ms * lostShare;
        time.heard(now, lost);
        expect(time.hadMs(now)).toBeGreaterThanOrEqual(before);
        before = time.hadMs(now);
      }
      expect(time.hadMs(now + silence)).toBeGreaterThanOrEqual(silence);
      expect(time.hadMs(now + silence)).toBeLessThanOrEqual(now + silence + 1e-6);
    }),
  );
});

test.for<[reason: string, lostMs: number, timeoutMs: number, isOurs: boolean]>([
  ["timeout", 4999, 1000, false],
  ["timeout", 5000, 1000, true],
  ["timeout", 29_999, 30_000, false],
  ["unreachable", 30_000, 30_000, true],
  ["closed", 249, 500, false],
  ["closed", 250, 500, true],
  ["status", 7500, 30_000, true],
  ["refused", 1e6, 1000, false],
  ["mismatch", 1e6, 1000, false],
])(
  "%s after %i ms lost of a timeout of %i ms: our own doing, perhaps: %s",
  ([reason, lost, timeout, isOurs]) => {
    expect(mayBeOurDoing(reason, lost, timeout)).toBe(isOurs);
  },
);

test("a run may last twenty timeouts, and a minute in any case", () => {
  expect([1000, 3000, 30_000].map(longestRunMs)).toEqual([60_000, 60_000, 600_000]);
});
