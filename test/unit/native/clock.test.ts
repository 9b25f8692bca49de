import { expect, test } from "vitest";
import { isClockSynchronised } from "../../../src/native/clock.ts";
import type { Libc } from "../../../src/native/libc.ts";
import { writeUInt32Host } from "../../../src/native/sockaddr.ts";
import { kernelLibc } from "../../support/fakes/kernel-libc.ts";

const says = (status: number): Libc => ({
  ...kernelLibc(() => 0),
  adjtimex: (timex) => {
    expect(timex.subarray(0, 40).every((byte) => byte === 0)).toBe(true); // it asks, and sets nothing
    writeUInt32Host(timex, status, 40);
    return 0;
  },
});

test.for<[name: string, status: number, isSynchronised: boolean]>([
  ["nobody sets it", 0x0040, false],
  ["a PLL sets it, in nanoseconds", 0x2001, true],
])("%s", ([, status, isSynchronised]) => {
  expect(isClockSynchronised(says(status))).toBe(isSynchronised);
});
