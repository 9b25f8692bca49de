import { expect, test } from "vitest";
import { arpClaim, arpProbe } from "../../../src/native/arp-message.ts";

const mac = Buffer.from("020000000001", "hex");
const probe = arpProbe(mac, Buffer.from([192, 0, 2, 1]));
/** An answer to it, as Linux sends it. */
const answer = Buffer.from("0001080006040002020000000099c0000201020000000001c0000209", "hex");

test("a probe is laid out as RFC 826 says, and names no sender", () => {
  expect(probe.toString("hex")).toBe("000108000604000102000000000100000000000000000000c0000201");
  expect(arpClaim(probe)).toBeUndefined();
});

test("an answer says whose the address is", () => {
  expect(arpClaim(answer)).toEqual({
    mac: Buffer.from("020000000099", "hex"),
    address: Buffer.from([192, 0, 2, 1]),
  });
});

test.for<[name: string, message: Buffer]>([
  ["cut short", answer.subarray(0, 27)],
  ["of another hardware", Buffer.concat([Buffer.from([0, 6]), answer.subarray(2)])],
  ["empty", Buffer.alloc(0)],
])("one that is %s says nothing", ([, message]) => {
  expect(arpClaim(message)).toBeUndefined();
});
