import { addressToBytes, type Endpoint, type Family, familyOf } from "../model/address.ts";
import { type ServiceKey, serviceFamily } from "../model/virtual-service.ts";
import { AF_INET, AF_INET6, writeUInt32Host } from "../native/sockaddr.ts";
import {
  attribute,
  nestedAttribute,
  stringAttribute,
  u16Attribute,
  u16NetworkAttribute,
  u32Attribute,
} from "../netlink/attributes.ts";
import {
  command,
  destAttribute,
  flagOnePacket,
  flagPersistent,
  flagsScheduler,
  forwardingMethods,
  maxSchedulerBytes,
  protocolNumber,
  serviceAttribute,
  topAttribute,
} from "./constants.ts";
import {
  type IpvsOp,
  maxTimeoutSec,
  type TableDest,
  type TableService,
  type Timeouts,
} from "./ipvs.ts";

export interface EncodedOp {
  readonly command: number;
  readonly attributes: readonly Buffer[];
}

/** @returns `ERANGE` for an op with a value that has no place in the message: refused, as the kernel would */
export function tryEncode(op: IpvsOp): EncodedOp | "ERANGE" {
  try {
    return encodeOp(op);
  } catch {
    return "ERANGE";
  }
}

/** @throws RangeError for a value that has no place in the message */
export function encodeOp(op: IpvsOp): EncodedOp {
  switch (op.kind) {
    case "add-service":
      return { command: command.newService, attributes: [encodeService(op.service)] };
    case "set-service":
      return { command: command.setService, attributes: [encodeService(op.service)] };
    case "delete-service":
      return { command: command.deleteService, attributes: [encodeKey(op.key)] };
    case "add-dest":
      return { command: command.newDest, attributes: [encodeKey(op.key), encodeDest(op.dest)] };
    case "set-dest":
      return { command: command.setDest, attributes: [encodeKey(op.key), encodeDest(op.dest)] };
    case "delete-dest":
      return {
        command: command.deleteDest,
        attributes: [
          encodeKey(op.key),
          nestedAttribute(topAttribute.dest, endpointAttributes(op.endpoint)),
        ],
      };
  }
}

/** A service's name stands in each of its thousands of changes. */
const encodedKeys = new WeakMap<ServiceKey, Buffer>();

/** Only what names the service; not to be written to. @throws RangeError for mark 0, which is no mark to the kernel */
export function encodeKey(key: ServiceKey): Buffer {
  const known = encodedKeys.get(key);
  if (known !== undefined) return known;
  const made = nestedAttribute(topAttribute.service, keyAttributes(key));
  // In memory of its own: a part of Node's pool would keep all of it.
  const encoded = Buffer.allocUnsafeSlow(made.length);
  made.copy(encoded);
  encodedKeys.set(key, encoded);
  return encoded;
}

/** Everything that a new or an edited service wants. */
export function encodeService(service: TableService): Buffer {
  if (Buffer.byteLength(service.scheduler) > maxSchedulerBytes || service.scheduler === "") {
    throw new RangeError(`not a scheduler's name: ${JSON.stringify(service.scheduler)}`);
  }
  const family = serviceFamily(service.key);
  return nestedAttribute(topAttribute.service, [
    ...keyAttributes(service.key),
    stringAttribute(serviceAttribute.scheduler, service.scheduler),
    attribute(serviceAttribute.flags, flagBytes(service)),
    u32Attribute(serviceAttribute.timeout, service.persistenceSec ?? 0),
    attribute(serviceAttribute.netmask, netmaskBytes(family, service.netmask)),
  ]);
}

export const encodeDest = (dest: TableDest): Buffer =>
  nestedAttribute(topAttribute.dest, [
    ...endpointAttributes(dest.endpoint),
    u32Attribute(destAttribute.forwarding, forwardingNumber(dest.forwarding)),
    attribute(destAttribute.weight, signedBytes(dest.weight)),
    u32Attribute(destAttribute.upperThreshold, dest.upperThreshold),
    u32Attribute(destAttribute.lowerThreshold, dest.lowerThreshold),
  ]);

/** @throws RangeError for one that is not from 1 to maxTimeoutSec: the kernel takes 0 for "as it is" */
export function encodeTimeouts({ tcp, tcpFin, udp }: Partial<Timeouts>): Buffer[] {
  const seconds = (type: number, value: number | undefined): Buffer[] => {
    if (value === undefined) return [];
    const isSeconds = Number.isInteger(value) && value >= 1 && value <= maxTimeoutSec;
    if (!isSeconds) throw new RangeError(`not a timeout: ${value}`);
    return [u32Attribute(type, value)];
  };
  return [
    ...seconds(topAttribute.timeoutTcp, tcp),
    ...seconds(topAttribute.timeoutTcpFin, tcpFin),
    ...seconds(topAttribute.timeoutUdp, udp),
  ];
}

function keyAttributes(key: ServiceKey): Buffer[] {
  const family = u16Attribute(serviceAttribute.family, familyNumber(serviceFamily(key)));
  if (key.kind === "fwmark") {
    if (key.mark < 1) throw new RangeError(`not a firewall mark: ${key.mark}`);
    return [family, u32Attribute(serviceAttribute.mark, key.mark)];
  }
  return [
    family,
    u16Attribute(serviceAttribute.protocol, protocolNumber[key.protocol]),
    attribute(serviceAttribute.address, addressField(key.endpoint.address)),
    u16NetworkAttribute(serviceAttribute.port, key.endpoint.port),
  ];
}

const endpointAttributes = (endpoint: Endpoint): Buffer[] => [
  u16Attribute(destAttribute.family, familyNumber(familyOf(endpoint.address))),
  attribute(destAttribute.address, addressField(endpoint.address)),
  u16NetworkAttribute(destAttribute.port, endpoint.port),
];

const familyNumber = (family: Family): number => (family === 6 ? AF_INET6 : AF_INET);

/** union nf_inet_addr: 16 bytes, IPv4 in the first four. */
function addressField(address: string): Buffer {
  const bytes = Buffer.alloc(16);
  addressToBytes(address).copy(bytes);
  return bytes;
}

/** struct ip_vs_flags: the flags, and the mask of those that count: all, so that an edit clears too. */
function flagBytes(service: TableService): Buffer {
  const bytes = Buffer.alloc(8, 0xff);
  const flags =
    (service.persistenceSec === undefined ? 0 : flagPersistent) |
    (service.isOnePacket ? flagOnePacket : 0) |
    (service.schedulerFlags & flagsScheduler);
  writeUInt32Host(bytes, flags, 0);
  return bytes;
}

/** IPv4: the mask, big-endian. IPv6: the prefix length, host order. */
function netmaskBytes(family: Family, netmask: number): Buffer {
  const bytes = Buffer.alloc(4);
  if (family === 4) bytes.writeUInt32BE(netmask);
  else writeUInt32Host(bytes, netmask, 0);
  return bytes;
}

/** The kernel's weight is an int, and it is the kernel that refuses one below 0. */
function signedBytes(value: number): Buffer {
  if (!Number.isInteger(value) || Math.abs(value) > 0x7fffffff) {
    throw new RangeError(`not a weight: ${value}`);
  }
  const bytes = Buffer.alloc(4);
  writeUInt32Host(bytes, value >>> 0, 0);
  return bytes;
}

function forwardingNumber(forwarding: TableDest["forwarding"]): number {
  if (forwarding === "local") throw new RangeError("forwarding method local is never written");
  return forwardingMethods.indexOf(forwarding);
}
