import { expect, test } from "vitest";
import { outageEvent, type Usable, usableOf } from "../../../src/reconcile/outage.ts";
import type { Standing } from "../../../src/reconcile/rows.ts";

test.for<[standings: Standing[], before: Usable | undefined, after: Usable | undefined]>([
  [["down", "up"], undefined, "some"],
  [["down", "up"], "none", "some"],
  [["down", "maintenance"], "some", "none"],
  [["down"], undefined, "none"],
  [[], undefined, "none"],
  [["down", "unknown"], undefined, undefined],
  [["down", "unknown"], "none", "none"],
  [["down", "unknown"], "some", "some"],
  [["unknown", "up"], "none", "some"],
])("%j after %s: %s", ([standings, before, after]) => {
  expect(usableOf(standings, before)).toBe(after);
});

test("an outage is told when it begins, at a start too, and when it ends; that all is well is no news", () => {
  expect(outageEvent(undefined, "none")).toBe("service-down");
  expect(outageEvent("some", "none")).toBe("service-down");
  expect(outageEvent("none", "some")).toBe("service-up");
  expect(outageEvent(undefined, "some")).toBeUndefined();
  expect(outageEvent("none", "none")).toBeUndefined();
  expect(outageEvent(undefined, undefined)).toBeUndefined();
});
