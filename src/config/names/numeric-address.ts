import { isIPv4 } from "node:net";
import { canonicalAddress, type Family, familyOf } from "../../model/address.ts";

/**
 * A numeric spelling in the form we keep, as getaddrinfo(3) reads it: for IPv4 also the short, octal
 * and hexadecimal ones of inet_aton(3): `1.2` is 1.0.0.2, `010.1.1.1` is 8.1.1.1.
 * @returns undefined when `text` is no numeric address, or one of the other family
 */
export function numericAddress(text: string, family: Family): string | undefined {
  if (family === 6) {
    const address = canonicalAddress(text);
    return address !== undefined && familyOf(address) === 6 ? address : undefined;
  }
  return isIPv4(text) ? text : inetAton(text);
}

/** One to four parts; the last one fills the bytes that are left. */
function inetAton(text: string): string | undefined {
  const parts = text.split(".").map(part);
  const last = parts.pop();
  if (last === undefined || parts.length > 3) return undefined;
  const bytes = Buffer.alloc(4);
  for (const [i, value] of parts.entries()) {
    if (value === undefined || value > 255) return undefined;
    bytes[i] = value;
  }
  const room = 4 - parts.length;
  if (last >= 256 ** room) return undefined;
  bytes.writeUIntBE(last, parts.length, room);
  return [...bytes].join(".");
}

function part(text: string): number | undefined {
  if (/^0x[0-9a-f]{1,8}$/i.test(text)) return Number.parseInt(text, 16);
  if (/^0[0-7]{0,11}$/.test(text)) return Number.parseInt(text, 8);
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
}
