import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isTemporaryPort } from "../../../src/native/temporary-ports.ts";

test("the kernel's range, with both its ends", () => {
  const text = readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8");
  const [first = 0, last = 0] = text.trim().split(/\s+/).map(Number);
  const ports = [first - 1, first, last, last + 1];
  expect(ports.map(isTemporaryPort)).toEqual([false, true, true, false]);
});
