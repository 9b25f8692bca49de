import { readUInt32Host, readUInt64Host } from "../native/sockaddr.ts";
import { type Attributes, readAttributes, required } from "../netlink/attributes.ts";
import { destAttribute, serviceAttribute, statsAttribute, topAttribute } from "./constants.ts";
import { type DestCounters, type ServiceCounters, type Traffic, trafficNames } from "./counters.ts";
import { decodeDest, decodeService, nested, u32 } from "./decode.ts";

/**
 * The service of a NEW_SERVICE message.
 * @returns undefined for one that our types have no word for
 * @throws NetlinkError EBADMSG
 */
export function decodeServiceCounters(payload: Buffer): Omit<ServiceCounters, "dests"> | undefined {
  const service = decodeService(payload);
  if (service === undefined) return undefined;
  const attributes = nested(payload, topAttribute.service, "a service");
  return { key: service.key, traffic: trafficIn(attributes, serviceAttribute) };
}

/** The destination of a NEW_DEST message. @param serviceFamily see decodeDest @throws NetlinkError EBADMSG */
export function decodeDestCounters(payload: Buffer, serviceFamily: 4 | 6): DestCounters {
  const { endpoint } = decodeDest(payload, serviceFamily);
  const attributes = nested(payload, topAttribute.dest, "a destination");
  return {
    endpoint,
    activeConns: u32(attributes, destAttribute.activeConns, "active connections"),
    inactiveConns: u32(attributes, destAttribute.inactiveConns, "inactive connections"),
    persistentConns: u32(attributes, destAttribute.persistentConns, "persistent connections"),
    traffic: trafficIn(attributes, destAttribute),
  };
}

/** Kernels before 4.1 have 32 bits for each but the bytes, and nothing wider. */
function trafficIn(
  attributes: Attributes,
  { stats, stats64 }: { readonly stats: number; readonly stats64: number },
): Traffic {
  const nest = attributes.get(stats64) ?? required(attributes, stats, "counters", 0);
  const counters = readAttributes(nest);
  const numbers = trafficNames.map((name) => {
    const bytes = required(counters, statsAttribute[name], `counter ${name}`, 4);
    return [name, bytes.length >= 8 ? readUInt64Host(bytes, 0) : readUInt32Host(bytes, 0)];
  });
  return Object.fromEntries(numbers);
}
