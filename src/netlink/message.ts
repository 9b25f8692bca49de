import { NetlinkError } from "../errors.ts";
import {
  readInt32Host,
  readUInt16Host,
  readUInt32Host,
  writeUInt16Host,
  writeUInt32Host,
} from "../native/sockaddr.ts";
import { align4 } from "./attributes.ts";

/** linux/netlink.h: types below 16 are netlink's own. */
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;

/** linux/netlink.h nlmsg_flags */
export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
/** The table changed while it was dumped: what was read may be neither the old nor the new. */
export const NLM_F_DUMP_INTR = 0x10;
/** NLM_F_ROOT | NLM_F_MATCH */
export const NLM_F_DUMP = 0x300;

const headerBytes = 16;
const genericHeaderBytes = 4;

export interface Message {
  readonly type: number;
  readonly flags: number;
  /** 0..0xffffffff; an answer carries its request's. */
  readonly sequence: number;
  readonly payload: Buffer;
}

/**
 * One message, padded to a multiple of 4 bytes. The sender's port is left 0: the kernel fills it in.
 *   offset  size  field     order
 *        0     4  length    host; header included
 *        4     2  type      host
 *        6     2  flags     host
 *        8     4  sequence  host
 *       12     4  port      host
 * @see linux/netlink.h struct nlmsghdr
 */
export function encodeMessage(message: Message): Buffer {
  const length = headerBytes + message.payload.length;
  const bytes = Buffer.alloc(align4(length));
  writeUInt32Host(bytes, length, 0);
  writeUInt16Host(bytes, message.type, 4);
  writeUInt16Host(bytes, message.flags, 6);
  writeUInt32Host(bytes, message.sequence, 8);
  message.payload.copy(bytes, headerBytes);
  return bytes;
}

/**
 * The messages of one datagram; their payloads are views of it.
 * @throws NetlinkError EBADMSG when a length does not fit
 */
export function decodeMessages(datagram: Buffer): Message[] {
  const messages: Message[] = [];
  let offset = 0;
  while (offset + headerBytes <= datagram.length) {
    const length = readUInt32Host(datagram, offset);
    if (length < headerBytes || offset + length > datagram.length) {
      throw new NetlinkError("EBADMSG", `read a message of ${length} bytes at ${offset}`);
    }
    messages.push({
      type: readUInt16Host(datagram, offset + 4),
      flags: readUInt16Host(datagram, offset + 6),
      sequence: readUInt32Host(datagram, offset + 8),
      payload: datagram.subarray(offset + headerBytes, offset + length),
    });
    offset += headerBytes + align4(length - headerBytes);
  }
  if (offset < datagram.length) {
    throw new NetlinkError("EBADMSG", `read a message cut short at ${offset}`);
  }
  return messages;
}

/**
 * What NLMSG_ERROR and NLMSG_DONE carry first: 0 or an errno, given as a number of 0 or more.
 * NLMSG_DONE without one is 0.
 * @throws NetlinkError EBADMSG
 */
export function errnoOf(message: Message): number {
  if (message.payload.length < 4) {
    if (message.type === NLMSG_DONE) return 0;
    throw new NetlinkError("EBADMSG", "read an error message");
  }
  return Math.abs(readInt32Host(message.payload, 0));
}

/**
 * The payload of a generic netlink message.
 *   offset  size  field
 *        0     1  command
 *        1     1  version
 *        2     2  reserved
 *        4     n  attributes
 * @see linux/genetlink.h struct genlmsghdr
 */
export function genericPayload(
  command: number,
  version: number,
  attributes: readonly Buffer[] = [],
): Buffer {
  return Buffer.concat([Buffer.from([command, version, 0, 0]), ...attributes]);
}

/** The attributes' bytes of a generic netlink message. @throws NetlinkError EBADMSG */
export function genericAttributes(payload: Buffer): Buffer {
  if (payload.length < genericHeaderBytes) {
    throw new NetlinkError("EBADMSG", "read a generic netlink header");
  }
  return payload.subarray(genericHeaderBytes);
}
