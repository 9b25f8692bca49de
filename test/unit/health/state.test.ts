import { expect, test } from "vitest";
import type { Verdict } from "../../../checks/check.ts";
import { type Health, step } from "../../../src/health/state.ts";
import { fine, refused } from "./scripted.ts";

const unknown: Health = { state: "unknown" };
const upAfter = (failures: number): Health => ({ state: "up", failures });
const downSince = (since: number): Health => ({ state: "down", since });

test.for<[name: string, from: Health, verdict: Verdict, to: Health]>([
  ["the first good answer brings a server in", unknown, fine, upAfter(0)],
  ["a server nobody knows is down at its first failure", unknown, refused, downSince(7)],
  ["first failure of three keeps it up", upAfter(0), refused, upAfter(1)],
  ["second failure of three keeps it up", upAfter(1), refused, upAfter(2)],
  ["third failure of three takes it down", upAfter(2), refused, downSince(7)],
  ["a count above a lowered limit takes it down", upAfter(5), refused, downSince(7)],
  ["a good answer forgets the failures", upAfter(2), fine, upAfter(0)],
  ["one success brings it back", downSince(1), fine, upAfter(0)],
  ["a further failure keeps the time it went down", downSince(1), refused, downSince(1)],
])("%s", ([, from, verdict, to]) => {
  expect(step(from, verdict, 3, 7)).toEqual(to);
});
