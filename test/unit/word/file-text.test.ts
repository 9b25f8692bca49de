import { expect, test } from "vitest";
import { bodyOf, headOf } from "../../../src/word/file-text.ts";
import type { ServiceHealth } from "../../../src/word/health-word.ts";
import { mark, tcp, udp } from "../../support/builders.ts";

const service = (key: ServiceHealth["key"]): ServiceHealth => ({
  ...{ id: "", key, word: "usable", up: 1, of: 2 },
});

test("the head has the same length whatever the time is", () => {
  const boot = "0d0d";
  expect(headOf(boot, 12.3)).toBe("ldirectord-health 1 0d0d         12.30         12.30\n");
  expect(headOf(undefined, 1)).toMatch(/^ldirectord-health 1 - /);
  for (const sec of [0, 0.01, 99_999.999, 9_999_999_999]) {
    expect(headOf(boot, sec)).toHaveLength(headOf(boot, 12.3).length);
  }
});

test("a line each, those of one name together, and their number at the end", () => {
  const keys = [udp("10.0.0.1:53"), tcp("[fd00::1]:80"), mark(5), tcp("10.0.0.1:53"), mark(5, 6)];
  expect(bodyOf(keys.map(service))).toBe(
    [
      "10.0.0.1:53 usable 1 2 udp",
      "10.0.0.1:53 usable 1 2 tcp",
      "[fd00::1]:80 usable 1 2 tcp",
      "5 usable 1 2 fwm",
      "5 usable 1 2 fwm6",
      "end 5\n",
    ].join("\n"),
  );
  expect(bodyOf([])).toBe("end 0\n");
});
