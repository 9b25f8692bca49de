import { NetlinkError } from "../errors.ts";
import { readUInt16Host, writeUInt16Host, writeUInt32Host } from "../native/sockaddr.ts";

/** linux/netlink.h NLA_HDRLEN, and the largest payload that a 16-bit length leaves room for. */
const headerBytes = 4;
const maxPayloadBytes = 0xffff - headerBytes;
/** linux/netlink.h NLA_F_NESTED; the two top bits of a type are flags. */
const nestedFlag = 0x8000;
const typeMask = 0x3fff;

export const align4 = (bytes: number): number => (bytes + 3) & ~3;

/**
 * One attribute, padded with zeros to a multiple of 4 bytes.
 *   offset  size  field    order
 *        0     2  length   host; header included, padding not
 *        2     2  type     host
 *        4     n  payload  the caller's: IPVS ports and IPv4 netmasks big-endian, other numbers host
 * @throws RangeError when the payload is over 65531 bytes
 * @see linux/netlink.h struct nlattr
 */
export function attribute(type: number, payload: Uint8Array): Buffer {
  if (payload.length > maxPayloadBytes) {
    throw new RangeError(`attribute ${type}: ${payload.length} bytes are too many`);
  }
  const bytes = blank(type, payload.length);
  bytes.set(payload, headerBytes);
  return bytes;
}

export const nestedAttribute = (type: number, attributes: readonly Buffer[]): Buffer =>
  attribute(type | nestedFlag, Buffer.concat(attributes));

/** @throws RangeError when `value` is not a whole number of that many bits */
export function u16Attribute(type: number, value: number): Buffer {
  const bytes = blank(type, 2);
  writeUInt16Host(bytes, value, headerBytes);
  return bytes;
}

/** Big-endian: ports. */
export function u16NetworkAttribute(type: number, value: number): Buffer {
  const bytes = blank(type, 2);
  bytes.writeUInt16BE(value, headerBytes);
  return bytes;
}

export function u32Attribute(type: number, value: number): Buffer {
  const bytes = blank(type, 4);
  writeUInt32Host(bytes, value, headerBytes);
  return bytes;
}

/** An attribute with a payload of zeros. From Node's pool: thousands are made for one change of the table. */
function blank(type: number, payloadBytes: number): Buffer {
  const bytes = Buffer.allocUnsafe(align4(headerBytes + payloadBytes)).fill(0);
  writeUInt16Host(bytes, headerBytes + payloadBytes, 0);
  writeUInt16Host(bytes, type, 2);
  return bytes;
}

/** Closed by a NUL, as the kernel wants it. */
export const stringAttribute = (type: number, text: string): Buffer =>
  attribute(type, Buffer.from(`${text}\0`));

/** Payloads by type, flags taken off; of a type that comes twice the last. The payloads are views. */
export type Attributes = ReadonlyMap<number, Buffer>;

/** @throws NetlinkError EBADMSG when a length does not fit */
export function readAttributes(bytes: Buffer): Attributes {
  const attributes = new Map<number, Buffer>();
  let offset = 0;
  while (offset + headerBytes <= bytes.length) {
    const length = readUInt16Host(bytes, offset);
    if (length < headerBytes || offset + length > bytes.length) {
      throw new NetlinkError("EBADMSG", `read an attribute of ${length} bytes at ${offset}`);
    }
    const type = readUInt16Host(bytes, offset + 2) & typeMask;
    attributes.set(type, bytes.subarray(offset + headerBytes, offset + length));
    offset += align4(length);
  }
  if (offset < bytes.length) {
    throw new NetlinkError("EBADMSG", `read an attribute cut short at ${offset}`);
  }
  return attributes;
}

/**
 * The payload of one attribute that must be there.
 * @param minBytes shorter is an error; the caller reads no further than this
 * @throws NetlinkError EBADMSG
 */
export function required(
  attributes: Attributes,
  type: number,
  what: string,
  minBytes: number,
): Buffer {
  const payload = attributes.get(type);
  if (payload === undefined || payload.length < minBytes) {
    throw new NetlinkError("EBADMSG", `read ${what}`);
  }
  return payload;
}
