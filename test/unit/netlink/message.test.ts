import fc from "fast-check";
import { expect, test } from "vitest";
import { NetlinkError } from "../../../src/errors.ts";
import {
  attribute,
  nestedAttribute,
  readAttributes,
  required,
  stringAttribute,
  u16Attribute,
  u16NetworkAttribute,
  u32Attribute,
} from "../../../src/netlink/attributes.ts";
import {
  decodeMessages,
  encodeMessage,
  errnoOf,
  genericAttributes,
  genericPayload,
  NLMSG_DONE,
  NLMSG_ERROR,
} from "../../../src/netlink/message.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
const bytes = (max: number) => fc.uint8Array({ maxLength: max }).map((array) => Buffer.from(array));

test.for<[name: string, encoded: Buffer, expected: string]>([
  ["a u16 is padded to 8 bytes", u16Attribute(1, 2), "0600 0100 0200 0000"],
  ["a port is big-endian", u16NetworkAttribute(4, 80), "0600 0400 0050 0000"],
  ["a u32 needs no padding", u32Attribute(5, 7), "0800 0500 07000000"],
  ["a string ends in NUL", stringAttribute(6, "wrr"), "0800 0600 77727200"],
  ["an empty payload is a header", attribute(9, Buffer.alloc(0)), "0400 0900"],
  ["a nest is flagged", nestedAttribute(2, [u16Attribute(1, 2)]), "0c00 0280 0600 0100 0200 0000"],
])("%s", ([, encoded, expected]) => {
  // Captured on x86-64; other byte orders lay the headers out differently.
  expect(encoded).toEqual(hex(expected));
});

test("a payload over 65531 bytes is refused", () => {
  expect(attribute(1, Buffer.alloc(65_531))).toHaveLength(65_536);
  const refused = new RangeError("attribute 1: 65532 bytes are too many");
  expect(() => attribute(1, Buffer.alloc(65_532))).toThrow(refused);
});

test("attributes that were written are read back", () => {
  const some = fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 0x3fff }), bytes(50)), {
    selector: ([type]) => type,
    maxLength: 8,
  });
  fc.assert(
    fc.property(some, (list) => {
      const encoded = Buffer.concat(list.map(([type, payload]) => attribute(type, payload)));
      expect([...readAttributes(encoded)]).toEqual(list);
    }),
  );
});

test("messages that were written are read back", () => {
  const message = fc.record({
    type: fc.integer({ min: 0, max: 0xffff }),
    flags: fc.integer({ min: 0, max: 0xffff }),
    sequence: fc.integer({ min: 0, max: 0xffffffff }),
    payload: bytes(50),
  });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), (list) => {
      expect(decodeMessages(Buffer.concat(list.map(encodeMessage)))).toEqual(list);
    }),
  );
});

/** Runs a reader over bytes of any kind: it may only give a value or throw a NetlinkError, at once. */
const survives = (read: (bytes: Buffer) => unknown) => (input: Buffer) => {
  try {
    read(input);
  } catch (error) {
    expect(error).toBeInstanceOf(NetlinkError);
    expect((error as NetlinkError).code).toBe("NETLINK_EBADMSG");
  }
};
/** Random bytes, and well-formed ones with a few bytes changed, which get further in. */
const hostile = (wellFormed: Buffer) =>
  fc.oneof(
    bytes(100),
    fc
      .array(fc.tuple(fc.nat(wellFormed.length - 1), fc.integer({ min: 0, max: 255 })), {
        maxLength: 4,
      })
      .map((edits) => {
        const copy = Buffer.from(wellFormed);
        for (const [at, value] of edits) copy[at] = value;
        return copy;
      }),
    fc.nat(wellFormed.length).map((length) => wellFormed.subarray(0, length)),
  );

test("malformed attributes end in a typed error, never in a hang or a read past the end", () => {
  const sample = Buffer.concat([u16Attribute(1, 2), stringAttribute(6, "wrr"), u32Attribute(5, 7)]);
  fc.assert(fc.property(hostile(sample), survives(readAttributes)), { numRuns: 2000 });
});

test("malformed messages end in a typed error, never in a hang or a read past the end", () => {
  const payload = genericPayload(1, 1, [u32Attribute(5, 7)]);
  const sample = Buffer.concat([
    encodeMessage({ type: 20, flags: 2, sequence: 1, payload }),
    encodeMessage({ type: NLMSG_DONE, flags: 2, sequence: 1, payload: Buffer.alloc(4) }),
  ]);
  const readAll = (input: Buffer): void => {
    for (const message of decodeMessages(input)) {
      errnoOf(message);
      readAttributes(genericAttributes(message.payload));
    }
  };
  fc.assert(fc.property(hostile(sample), survives(readAll)), { numRuns: 2000 });
});

test.for<[name: string, bytes: string]>([
  ["an attribute longer than what is left", "0900 0100 02000000"],
  ["an attribute shorter than its own header", "0300 0100 02000000"],
  ["an attribute without a length", "0000 0100 02000000"],
  ["a header cut short", "0800 0100 02000000 0400"],
])("%s is EBADMSG", ([, bytes]) => {
  expect(() => readAttributes(hex(bytes))).toThrow(/EBADMSG/);
});

test.for<[name: string, bytes: string]>([
  ["a message longer than the datagram", "15000000 1000 0000 01000000 00000000 01000000"],
  ["a message shorter than its own header", "0f000000 1000 0000 01000000 00000000"],
  ["a message without a length", "00000000 1000 0000 01000000 00000000"],
  ["a message's header cut short", "10000000 1000 0000 01000000 00000000 14000000"],
])("%s is EBADMSG", ([, bytes]) => {
  expect(() => decodeMessages(hex(bytes))).toThrow(/EBADMSG/);
});

test("a message, and a generic one, may be its header and no more", () => {
  const [message] = decodeMessages(hex("10000000 1000 0000 01000000 00000000"));
  expect(message).toEqual({ type: 16, flags: 0, sequence: 1, payload: Buffer.alloc(0) });
  expect(genericAttributes(hex("01010000"))).toHaveLength(0);
  expect(() => genericAttributes(hex("010100"))).toThrow(/EBADMSG/);
});

test("an error without an errno is EBADMSG", () => {
  const payload = Buffer.alloc(3);
  expect(() => errnoOf({ type: NLMSG_ERROR, flags: 0, sequence: 1, payload })).toThrow(/EBADMSG/);
});

test.for<[name: string, payload: string, errno: number]>([
  ["an ACK", "00000000", 0],
  ["ESRCH, with the request behind it", "fdffffff 24000000", 3],
])("%s carries errno", ([, payload, errno]) => {
  expect(errnoOf({ type: NLMSG_ERROR, flags: 0, sequence: 1, payload: hex(payload) })).toBe(errno);
});

test("a DONE without an errno is a success", () => {
  expect(errnoOf({ type: NLMSG_DONE, flags: 0, sequence: 1, payload: Buffer.alloc(0) })).toBe(0);
});

test("a missing or short attribute is a typed error that names it", () => {
  const attributes = readAttributes(u16Attribute(1, 2));
  expect(required(attributes, 1, "the family", 2)).toHaveLength(2);
  expect(() => required(attributes, 1, "the family", 4)).toThrow("read the family: EBADMSG");
  expect(() => required(attributes, 2, "the port", 2)).toThrow("read the port: EBADMSG");
});
