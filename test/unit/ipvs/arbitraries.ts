import fc from "fast-check";
import type { TableDest, TableService } from "../../../src/ipvs/ipvs.ts";
import { bytesToAddress, type Endpoint, type Family } from "../../../src/model/address.ts";
import { type ServiceKey, serviceFamily } from "../../../src/model/virtual-service.ts";

const letter = fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz");
const u32 = fc.integer({ min: 0, max: 0xffffffff });

const address = (family: Family): fc.Arbitrary<string> => {
  const length = family === 6 ? 16 : 4;
  return fc.uint8Array({ minLength: length, maxLength: length }).map(bytesToAddress);
};

const anyEndpoint = (family: Family): fc.Arbitrary<Endpoint> =>
  fc.record({ address: address(family), port: fc.integer({ min: 0, max: 0xffff }) });

const family = fc.constantFrom<Family>(4, 6);

const anyKey: fc.Arbitrary<ServiceKey> = family.chain((of) =>
  fc.oneof(
    fc.record({
      kind: fc.constant("address" as const),
      protocol: fc.constantFrom("tcp" as const, "udp" as const),
      endpoint: anyEndpoint(of),
    }),
    fc.record({
      kind: fc.constant("fwmark" as const),
      family: fc.constant(of),
      mark: fc.integer({ min: 1, max: 0xffffffff }),
    }),
  ),
);

/** Every value that a field of the message can hold, whether or not the kernel would take it. */
export const anyService: fc.Arbitrary<TableService> = anyKey.chain((key) =>
  fc
    .record({
      scheduler: fc.string({ unit: letter, minLength: 1, maxLength: 15 }),
      schedulerFlags: fc.integer({ min: 0, max: 7 }).map((bits) => bits << 3),
      persistenceSec: fc.option(u32, { nil: undefined }),
      netmask: serviceFamily(key) === 6 ? fc.integer({ min: 1, max: 128 }) : u32,
      isOnePacket: fc.boolean(),
    })
    .map(({ persistenceSec, ...rest }) => ({
      key,
      ...rest,
      ...(persistenceSec === undefined ? {} : { persistenceSec }),
    })),
);

export const anyDest: fc.Arbitrary<TableDest> = fc.record({
  endpoint: family.chain(anyEndpoint),
  forwarding: fc.constantFrom("gate" as const, "masq" as const, "ipip" as const),
  weight: fc.integer({ min: -0x7fffffff, max: 0x7fffffff }),
  upperThreshold: u32,
  lowerThreshold: u32,
});
