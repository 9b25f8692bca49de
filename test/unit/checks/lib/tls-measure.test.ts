import { expect, test } from "vitest";
import { maxTotalBytes } from "../../../../checks/lib/limits.ts";
import { TlsMeasure } from "../../../../checks/lib/stream/tls-measure.ts";

/** How often it is taken before it is too much. */
function times(take: () => boolean): number {
  for (let count = 0; count < 10_000; count++) if (!take()) return count;
  return Number.POSITIVE_INFINITY;
}

test("a handshake is 128 KiB at most, and 512 pieces", () => {
  const [large, small] = [new TlsMeasure(), new TlsMeasure()];
  expect(times(() => large.takes(4096))).toBe(32);
  expect(times(() => small.takes(1))).toBe(512);
});

test("between data there are 32 KiB at most", () => {
  const measure = new TlsMeasure();
  measure.secured();
  expect(times(() => measure.takes(4096))).toBe(8);
});

test("data gives back what it came in, and no more than that", () => {
  const measure = new TlsMeasure();
  measure.secured();
  expect(times(() => measure.takes(4096) && measure.takesData(4000))).toBe(maxTotalBytes / 4096);
  const next = new TlsMeasure();
  next.secured();
  next.takesData(16_384);
  expect(times(() => next.takes(4096))).toBe(8);
});

test("a record counts 4 KiB at least", () => {
  const measure = new TlsMeasure();
  measure.secured();
  expect(times(() => measure.takesData(1))).toBe(256);
});
