import { expect, test } from "vitest";
import { facilityNumber } from "../../../src/model/log-target.ts";

test.for<[name: string, number: number | undefined]>([
  ["local0", 16],
  ["LOCAL7", 23],
  ["LOG_LOCAL1", 17],
  ["daemon", 3],
  ["local8", undefined],
])("%s is syslog's %i", ([name, number]) => {
  expect(facilityNumber(name)).toBe(number);
});
