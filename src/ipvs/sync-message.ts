import { isIPv4 } from "node:net";
import { addressToBytes, bytesToAddress } from "../model/address.ts";
import { readUInt16Host } from "../native/sockaddr.ts";
import {
  attribute,
  nestedAttribute,
  required,
  stringAttribute,
  u16Attribute,
  u32Attribute,
} from "../netlink/attributes.ts";
import { daemonAttribute, maxInterfaceBytes, syncStateNumber, topAttribute } from "./constants.ts";
import { nested, text, u32 } from "./decode.ts";
import type { SyncDaemon, SyncState } from "./sync-daemon.ts";

/** @throws RangeError for a value that has no place in the message, or no meaning */
export function encodeSyncDaemon(daemon: SyncDaemon): Buffer {
  const { state, interface: name, id, maxBytes, group, port, ttl } = daemon;
  const nameBytes = Buffer.byteLength(name);
  if (nameBytes === 0 || nameBytes > maxInterfaceBytes || /[\0/\s]/.test(name)) {
    throw new RangeError(`not an interface's name: ${JSON.stringify(name)}`);
  }
  return nestedAttribute(topAttribute.daemon, [
    u32Attribute(daemonAttribute.state, syncStateNumber[state]),
    stringAttribute(daemonAttribute.interface, name),
    u32Attribute(daemonAttribute.id, upTo(255, id, "an id")),
    ...(maxBytes === undefined ? [] : [u16Attribute(daemonAttribute.maxBytes, maxBytes)]),
    ...(group === undefined ? [] : [groupAttribute(group)]),
    ...(port === undefined ? [] : [u16Attribute(daemonAttribute.port, port)]),
    ...(ttl === undefined
      ? []
      : [attribute(daemonAttribute.ttl, Buffer.from([upTo(255, ttl, "a TTL")]))]),
  ]);
}

/** Only what names it. */
export const encodeSyncState = (state: SyncState): Buffer =>
  nestedAttribute(topAttribute.daemon, [
    u32Attribute(daemonAttribute.state, syncStateNumber[state]),
  ]);

/** Of a NEW_DAEMON message. @throws NetlinkError EBADMSG */
export function decodeSyncDaemon(payload: Buffer): SyncDaemon {
  const attributes = nested(payload, topAttribute.daemon, "a sync daemon");
  const number = u32(attributes, daemonAttribute.state, "a sync daemon's state");
  const [maxBytes, port] = [daemonAttribute.maxBytes, daemonAttribute.port].map((type) => {
    const bytes = attributes.get(type);
    return bytes === undefined || bytes.length < 2 ? undefined : readUInt16Host(bytes, 0);
  });
  const group = attributes.get(daemonAttribute.group) ?? attributes.get(daemonAttribute.group6);
  const isGroup = group !== undefined && (group.length === 4 || group.length === 16);
  const ttl = attributes.get(daemonAttribute.ttl)?.[0];
  return {
    state: number === syncStateNumber.backup ? "backup" : "master",
    interface: text(required(attributes, daemonAttribute.interface, "its interface", 1)),
    id: u32(attributes, daemonAttribute.id, "its id"),
    // Kernels before 4.3 have none of these.
    ...(maxBytes !== undefined && { maxBytes }),
    ...(isGroup && { group: bytesToAddress(group) }),
    ...(port !== undefined && { port }),
    ...(ttl !== undefined && { ttl }),
  };
}

const groupAttribute = (group: string): Buffer =>
  attribute(isIPv4(group) ? daemonAttribute.group : daemonAttribute.group6, addressToBytes(group));

function upTo(max: number, value: number, what: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new RangeError(`not ${what} from 0 to ${max}: ${value}`);
}
