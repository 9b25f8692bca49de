import fc from "fast-check";
import { expect, test } from "vitest";
import { ProbeIds } from "../../../src/health/probe-ids.ts";
import { endpoint } from "../../support/builders.ts";

const target = endpoint("10.0.0.3:80");
const anyAsked = fc.array(
  fc.oneof(
    fc.constantFrom("", "1", "-", "a", "1=a", "1#1", "2=aa"),
    fc.nat(3),
    fc.constant(undefined),
  ),
  { maxLength: 4 },
);

test("ids are equal when what is asked is equal, and only then", () => {
  const exact = (asked: readonly unknown[]) =>
    JSON.stringify(asked.map((it) => [typeof it, it ?? null]));
  fc.assert(
    fc.property(anyAsked, anyAsked, (a, b) => {
      const isSame = exact(a) === exact(b);
      expect(new ProbeIds().of(target, a) === new ProbeIds().of(target, b)).toBe(isSame);
    }),
    { numRuns: 2_000, seed: 12 },
  );
});

test("each server has its own, on each port and of each family", () => {
  const ids = new ProbeIds();
  const places = ["10.0.0.3:80", "10.0.0.3:81", "10.0.0.4:80", "[fd00::3]:80"].map(endpoint);
  expect(new Set(places.map((place) => ids.of(place, ["http"]))).size).toBe(4);
});

test("an id shows nothing of what is asked, which may hold a password", () => {
  expect(new ProbeIds().of(target, ["ftp", "s3cret"])).not.toContain("s3cret");
});
