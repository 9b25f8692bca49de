import fc from "fast-check";
import { expect, test } from "vitest";
import {
  addressToBytes,
  bytesToAddress,
  canonicalAddress,
  familyOf,
  formatEndpoint,
  sameEndpoint,
} from "../../../src/model/address.ts";

test.for<[text: string, canonical: string | undefined]>([
  ["10.0.0.1", "10.0.0.1"],
  ["::", "::"],
  ["::1", "::1"],
  ["FD00:0:0:0:0:0:0:2", "fd00::2"],
  ["fd00::0:2", "fd00::2"],
  ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
  ["::ffff:10.0.0.1", "::ffff:a00:1"],
  ["fe80::1%eth0", undefined],
  ["[::1]", undefined],
  ["10.0.0", undefined],
  ["web.example", undefined],
])("%s is kept as %s", ([text, canonical]) => {
  expect(canonicalAddress(text)).toBe(canonical);
});

test("every sixteen bytes have one spelling, and it reads back to the same bytes", () => {
  const word = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
  fc.assert(
    fc.property(fc.array(word, { minLength: 8, maxLength: 8 }), (words) => {
      const bytes = Buffer.alloc(16);
      for (const [i, w] of words.entries()) bytes.writeUInt16BE(w, i * 2);
      const text = bytesToAddress(bytes);
      expect(addressToBytes(text)).toEqual(bytes);
      expect(canonicalAddress(text)).toBe(text);
      expect(familyOf(text)).toBe(6);
    }),
  );
});

test("an IPv4 address reads back to the same four bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (bytes) => {
      expect([...addressToBytes(bytesToAddress(bytes))]).toEqual([...bytes]);
    }),
  );
});

test("what is no address is refused, not read as zeros", () => {
  expect(() => addressToBytes("web")).toThrow(RangeError);
  expect(() => addressToBytes("fe80::1%lo")).toThrow(RangeError);
});

test("an IPv6 endpoint stands in brackets", () => {
  expect(formatEndpoint({ address: "fd00::2", port: 80 })).toBe("[fd00::2]:80");
  expect(formatEndpoint({ address: "10.0.0.1", port: 0 })).toBe("10.0.0.1:0");
});

test("an endpoint is its address and its port", () => {
  const web = { address: "10.0.0.1", port: 80 };
  expect(sameEndpoint(web, { ...web })).toBe(true);
  expect(sameEndpoint(web, { ...web, port: 81 })).toBe(false);
  expect(sameEndpoint(web, { ...web, address: "10.0.0.2" })).toBe(false);
});
