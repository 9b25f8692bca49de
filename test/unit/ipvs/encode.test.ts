import fc from "fast-check";
import { expect, test } from "vitest";
import { NetlinkError } from "../../../src/errors.ts";
import { decodeDest, decodeInfo, decodeService, decodeTimeouts } from "../../../src/ipvs/decode.ts";
import { decodeDestCounters, decodeServiceCounters } from "../../../src/ipvs/decode-counters.ts";
import { encodeDest, encodeKey, encodeOp, encodeService } from "../../../src/ipvs/encode.ts";
import { decodeSyncDaemon, encodeSyncDaemon } from "../../../src/ipvs/sync-message.ts";
import {
  attribute,
  nestedAttribute,
  u16Attribute,
  u32Attribute,
} from "../../../src/netlink/attributes.ts";
import { genericPayload } from "../../../src/netlink/message.ts";
import { serverRow, serviceRow, tcp } from "../../support/builders.ts";
import { conns, statsNest } from "../../support/fakes/ipvs-kernel.ts";
import { anyDest, anyService } from "./arbitraries.ts";

const web = serviceRow(tcp("10.0.0.1:80"), { persistenceSec: 600, netmask: 0xffffff00 });
const server = serverRow("10.0.0.3:8080", {
  forwarding: "masq",
  weight: 5,
  upperThreshold: 20,
  lowerThreshold: 10,
});
const message = (...attributes: Buffer[]): Buffer => genericPayload(1, 1, attributes);

test("a service that was written is read back", () => {
  fc.assert(
    fc.property(anyService, (service) => {
      expect(decodeService(message(encodeService(service)))).toEqual(service);
    }),
  );
});

test("a destination that was written is read back", () => {
  fc.assert(
    fc.property(anyDest, (dest) => {
      expect(decodeDest(message(encodeDest(dest)), 4)).toEqual(dest);
    }),
  );
});

test("a service is laid out as linux/ip_vs.h says", () => {
  // x86-64; ports and the IPv4 netmask big-endian, all else in host order.
  const expected = [
    "54000180", // SERVICE, nested
    "0600010002000000", // AF_INET
    "0600020006000000", // TCP
    "140003000a000001000000000000000000000000",
    "0600040000500000", // port 80
    "0800060077727200", // wrr
    "0c00070001000000ffffffff", // PERSISTENT, of all flags
    "0800080058020000", // 600 s
    "08000900ffffff00",
  ];
  expect(encodeService(web).toString("hex")).toBe(expected.join(""));
});

test("the bits and counters that the kernel adds are not read", () => {
  const extra = [
    u16Attribute(1, 2),
    u32Attribute(5, 7),
    attribute(6, Buffer.from("sh\0")),
    attribute(7, Buffer.from("1f00000000000000", "hex")), // HASHED (2) among ours
    u32Attribute(8, 0),
    attribute(9, Buffer.from("ffffffff", "hex")),
    nestedAttribute(10, [u32Attribute(1, 99)]),
    attribute(77, Buffer.alloc(3)),
  ];
  expect(decodeService(message(nestedAttribute(1, extra)))).toEqual({
    key: { kind: "fwmark", family: 4, mark: 7 },
    scheduler: "sh",
    schedulerFlags: 0x18,
    persistenceSec: 0,
    netmask: 0xffffffff,
    isOnePacket: true,
  });
});

test.for([
  ["ends where its attribute does", "77 72 72", "wrr"],
  ["ends at the first NUL", "77 72 72 00 78 00", "wrr"],
  ["may be empty", "00 78", ""],
] as const)("a scheduler's name %s", ([, bytes, scheduler]) => {
  const attributes = [
    u16Attribute(1, 2),
    u32Attribute(5, 7),
    attribute(6, Buffer.from(bytes.replaceAll(" ", ""), "hex")),
    attribute(7, Buffer.alloc(8)),
    u32Attribute(8, 0),
    u32Attribute(9, 0),
  ];
  expect(decodeService(message(nestedAttribute(1, attributes)))).toMatchObject({ scheduler });
});

test("a foreign service over SCTP has no row", () => {
  const sctp = encodeService(web);
  sctp[16] = 132;
  expect(decodeService(message(sctp))).toBeUndefined();
});

test("a destination without a family of its own has its service's", () => {
  const old = nestedAttribute(2, [
    attribute(1, Buffer.from("0a000003000000000000000000000000", "hex")),
    attribute(2, Buffer.from("0050", "hex")),
    ...[3, 4, 5, 6].map((type) => u32Attribute(type, 1)),
  ]);
  expect(decodeDest(message(old), 4)).toMatchObject({
    endpoint: { address: "10.0.0.3", port: 80 },
    forwarding: "local",
  });
  expect(decodeDest(message(old), 6).endpoint.address).toBe("a00:3::");
});

test("the highest and the lowest values have their place", () => {
  const key = { kind: "fwmark", family: 4, mark: 1 } as const;
  const named = { ...web, key, scheduler: "a".repeat(15) };
  expect(decodeService(message(encodeService(named)))).toEqual(named);
  for (const weight of [0x7fffffff, -0x7fffffff]) {
    expect(decodeDest(message(encodeDest({ ...server, weight })), 4).weight).toBe(weight);
  }
});

test.for<[name: string, encode: () => unknown]>([
  ["a mark below 0", () => encodeKey({ kind: "fwmark", family: 4, mark: -1 })],
  ["mark 0", () => encodeKey({ kind: "fwmark", family: 4, mark: 0 })],
  ["a mark over 32 bits", () => encodeKey({ kind: "fwmark", family: 4, mark: 2 ** 32 })],
  ["a scheduler's name of 16 letters", () => encodeService({ ...web, scheduler: "a".repeat(16) })],
  ["no scheduler", () => encodeService({ ...web, scheduler: "" })],
  ["a negative timeout", () => encodeService({ ...web, persistenceSec: -1 })],
  ["a weight that is no whole number", () => encodeDest({ ...server, weight: 0.5 })],
  ["a weight over 31 bits", () => encodeDest({ ...server, weight: 2 ** 31 })],
  ["a weight under 31 bits", () => encodeDest({ ...server, weight: -(2 ** 31) })],
  ["a negative threshold", () => encodeDest({ ...server, upperThreshold: -1 })],
  ["forwarding local", () => encodeDest({ ...server, forwarding: "local" })],
  [
    "a name for an address",
    () => encodeOp({ kind: "delete-dest", key: web.key, endpoint: { address: "web1", port: 80 } }),
  ],
])("%s is refused before anything is sent", ([, encode]) => {
  expect(encode).toThrow(RangeError);
});

const serviceBytes = message(encodeService(web));
const destBytes = message(encodeDest(server));
const syncBytes = message(encodeSyncDaemon({ state: "backup", interface: "lo", id: 1, port: 9 }));
const countedBytes = message(
  nestedAttribute(2, [encodeDest(server).subarray(4), ...conns(1, 2, 3), statsNest(12)]),
);

/** A well-formed message with some bytes changed, cut anywhere, or bytes of any kind. */
const hostile = fc.oneof(
  fc.uint8Array({ maxLength: 120 }).map((bytes) => Buffer.from(bytes)),
  fc
    .tuple(
      fc.constantFrom(serviceBytes, destBytes, syncBytes, countedBytes),
      fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 5 }),
      fc.nat(120),
    )
    .map(([sample, edits, length]) => {
      const copy = Buffer.from(sample.subarray(0, length));
      for (const [at, value] of edits) if (at < copy.length) copy[at] = value;
      return copy;
    }),
);

test("malformed answers end in a typed error, never in a hang or a read past the end", () => {
  const decoders = [
    decodeService,
    (bytes: Buffer) => decodeDest(bytes, 4),
    decodeInfo,
    decodeTimeouts,
    decodeServiceCounters,
    (bytes: Buffer) => decodeDestCounters(bytes, 4),
    decodeSyncDaemon,
  ];
  fc.assert(
    fc.property(hostile, fc.constantFrom(...decoders), (bytes, decode) => {
      try {
        decode(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(NetlinkError);
      }
    }),
    { numRuns: 3000 },
  );
});

test("info and timeouts are read", () => {
  expect(decodeInfo(message(u32Attribute(1, 0x010201), u32Attribute(2, 4096)))).toEqual({
    version: "1.2.1",
    connectionTableSize: 4096,
  });
  expect(decodeTimeouts(message(u32Attribute(4, 900), u32Attribute(6, 300)))).toEqual({
    tcp: 900,
    tcpFin: 0,
    udp: 300,
  });
});
