import { isIPv4, isIPv6 } from "node:net";
import { inOnePiece } from "./one-piece.ts";

export type Family = 4 | 6;

/** An IP address in its shortest numeric form ("10.0.0.1", "fd00::2"; no brackets, no zone) and a port 0..65535. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export const familyOf = (address: string): Family => (address.includes(":") ? 6 : 4);

/** `[fd00::2]` for IPv6, `10.0.0.1` for IPv4. */
export const formatHost = (address: string): string =>
  familyOf(address) === 6 ? `[${address}]` : address;

/** `10.0.0.1:80`, `[fd00::2]:80`: how the file, the log and ipvsadm write it. */
export const formatEndpoint = ({ address, port }: Endpoint): string =>
  inOnePiece(formatHost(address), ":", String(port));

export const sameEndpoint = (a: Endpoint, b: Endpoint): boolean =>
  a.address === b.address && a.port === b.port;

/**
 * The one spelling we keep of a numeric address, so that equal addresses are equal strings.
 * @returns undefined when `text` is no numeric address (brackets and zones are refused)
 */
export function canonicalAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes("%")) return undefined;
  return bytesToAddress(addressToBytes(text));
}

/** 4 or 16 bytes, network order. @throws RangeError when `address` is not numeric */
export function addressToBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split(".").map(Number));
  if (!isIPv6(address) || address.includes("%")) throw new RangeError(`not an address: ${address}`);
  const [head = "", tail] = address.split("::");
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const bytes = Buffer.alloc(16);
  for (const [i, group] of left.entries()) bytes.writeUInt16BE(group, i * 2);
  for (const [i, group] of right.entries()) bytes.writeUInt16BE(group, 16 - (right.length - i) * 2);
  return bytes;
}

/** The 16-bit groups of one side of "::"; a dotted quad at its end counts as two. */
function groups(side: string): number[] {
  if (side === "") return [];
  return side.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    const quad = Buffer.from(group.split(".").map(Number));
    return [quad.readUInt16BE(0), quad.readUInt16BE(2)];
  });
}

/** The shortest form, as RFC 5952 writes it. @param bytes 4 or 16, network order */
export function bytesToAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return [...bytes].join(".");
  const view = Buffer.from(bytes);
  const words = Array.from({ length: 8 }, (_, i) => view.readUInt16BE(i * 2));
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (words[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = words.map((word) => word.toString(16));
  if (best.start < 0) return hex.join(":");
  return `${hex.slice(0, best.start).join(":")}::${hex.slice(best.start + best.length).join(":")}`;
}
