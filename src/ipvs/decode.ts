import { NetlinkError } from "../errors.ts";
import { bytesToAddress } from "../model/address.ts";
import type { Protocol, ServiceKey } from "../model/virtual-service.ts";
import {
  AF_INET,
  AF_INET6,
  readInt32Host,
  readUInt16Host,
  readUInt32Host,
} from "../native/sockaddr.ts";
import { type Attributes, readAttributes, required } from "../netlink/attributes.ts";
import { genericAttributes } from "../netlink/message.ts";
import {
  destAttribute,
  flagOnePacket,
  flagPersistent,
  flagsScheduler,
  forwardingMask,
  forwardingMethods,
  infoAttribute,
  protocolNumber,
  serviceAttribute,
  topAttribute,
} from "./constants.ts";
import type { TableDest, TableService, Timeouts } from "./ipvs.ts";

/**
 * The service of a NEW_SERVICE message, without the bits the kernel adds (HASHED, statistics).
 * @returns undefined for a foreign service that our types have no word for (SCTP)
 * @throws NetlinkError EBADMSG
 */
export function decodeService(payload: Buffer): TableService | undefined {
  const attributes = nested(payload, topAttribute.service, "a service");
  const family = addressFamily(u16(attributes, serviceAttribute.family, "a service's family"));
  const key = decodeKey(attributes, family);
  if (key === undefined) return undefined;
  const flags = u32(attributes, serviceAttribute.flags, "a service's flags");
  const netmask = required(attributes, serviceAttribute.netmask, "a service's netmask", 4);
  const timeoutSec = u32(attributes, serviceAttribute.timeout, "a service's timeout");
  return {
    key,
    scheduler: text(required(attributes, serviceAttribute.scheduler, "a service's scheduler", 1)),
    schedulerFlags: flags & flagsScheduler,
    ...((flags & flagPersistent) === 0 ? {} : { persistenceSec: timeoutSec }),
    netmask: family === 4 ? netmask.readUInt32BE(0) : readUInt32Host(netmask, 0),
    isOnePacket: (flags & flagOnePacket) !== 0,
  };
}

/**
 * The destination of a NEW_DEST message.
 * @param serviceFamily of kernels before 3.18, which leave out a destination's own family
 * @throws NetlinkError EBADMSG
 */
export function decodeDest(payload: Buffer, serviceFamily: 4 | 6): TableDest {
  const attributes = nested(payload, topAttribute.dest, "a destination");
  const family = attributes.has(destAttribute.family)
    ? addressFamily(u16(attributes, destAttribute.family, "a destination's family"))
    : serviceFamily;
  const method = u32(attributes, destAttribute.forwarding, "a destination's forwarding method");
  const weight = required(attributes, destAttribute.weight, "a destination's weight", 4);
  return {
    endpoint: {
      address: address(attributes, destAttribute.address, family),
      port: required(attributes, destAttribute.port, "a destination's port", 2).readUInt16BE(0),
    },
    // BYPASS and what is not defined yet can only be foreign: they read as the word that is never ours.
    forwarding: forwardingMethods[method & forwardingMask] ?? "local",
    weight: readInt32Host(weight, 0),
    upperThreshold: u32(attributes, destAttribute.upperThreshold, "an upper threshold"),
    lowerThreshold: u32(attributes, destAttribute.lowerThreshold, "a lower threshold"),
  };
}

/** @throws NetlinkError EBADMSG */
export function decodeInfo(payload: Buffer): { version: string; connectionTableSize: number } {
  const attributes = readAttributes(genericAttributes(payload));
  const version = u32(attributes, infoAttribute.version, "the IPVS version");
  return {
    version: [version >>> 16, (version >>> 8) & 0xff, version & 0xff].join("."),
    connectionTableSize: u32(
      attributes,
      infoAttribute.connectionTableSize,
      "the size of the connection table",
    ),
  };
}

/** @throws NetlinkError EBADMSG */
export function decodeTimeouts(payload: Buffer): Timeouts {
  const attributes = readAttributes(genericAttributes(payload));
  // A kernel built without a protocol leaves its timeouts out.
  const seconds = (type: number): number =>
    attributes.has(type) ? u32(attributes, type, "a timeout") : 0;
  return {
    tcp: seconds(topAttribute.timeoutTcp),
    tcpFin: seconds(topAttribute.timeoutTcpFin),
    udp: seconds(topAttribute.timeoutUdp),
  };
}

function decodeKey(attributes: Attributes, family: 4 | 6): ServiceKey | undefined {
  if (attributes.has(serviceAttribute.mark)) {
    const mark = u32(attributes, serviceAttribute.mark, "a service's mark");
    return { kind: "fwmark", family, mark };
  }
  const number = u16(attributes, serviceAttribute.protocol, "a service's protocol");
  const protocol = (Object.keys(protocolNumber) as Protocol[]).find(
    (name) => protocolNumber[name] === number,
  );
  if (protocol === undefined) return undefined;
  return {
    kind: "address",
    protocol,
    endpoint: {
      address: address(attributes, serviceAttribute.address, family),
      port: required(attributes, serviceAttribute.port, "a service's port", 2).readUInt16BE(0),
    },
  };
}

/** What is in the one nest of a message. @throws NetlinkError EBADMSG */
export const nested = (payload: Buffer, type: number, what: string): Attributes =>
  readAttributes(required(readAttributes(genericAttributes(payload)), type, what, 0));

const u16 = (attributes: Attributes, type: number, what: string): number =>
  readUInt16Host(required(attributes, type, what, 2), 0);

export const u32 = (attributes: Attributes, type: number, what: string): number =>
  readUInt32Host(required(attributes, type, what, 4), 0);

const address = (attributes: Attributes, type: number, family: 4 | 6): string => {
  const length = family === 6 ? 16 : 4;
  return bytesToAddress(required(attributes, type, "an address", length).subarray(0, length));
};

function addressFamily(number: number): 4 | 6 {
  if (number === AF_INET) return 4;
  if (number === AF_INET6) return 6;
  throw new NetlinkError("EBADMSG", `read address family ${number}`);
}

/** Up to the first NUL. */
export function text(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString("latin1", 0, end < 0 ? bytes.length : end);
}
