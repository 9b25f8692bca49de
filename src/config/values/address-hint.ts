import { isIPv6 } from "node:net";

/** Ports and addresses as people write them who do not know our way. */
const quad = String.raw`\d+(?:\.\d+){3}`;

/**
 * `10.0.0.1,80`, `10.0.0.2.993`, `10.0.0.3/32:80`, `10.0.0.4 :80` as `ADDRESS:PORT`.
 * @returns undefined when it begins with no whole IPv4 address, or names no port
 */
export function asEndpoint(text: string): string | undefined {
  const match = new RegExp(`^(${quad})(?:/\\d+(?=[:,; ]))?\\s*[:;,./ ]\\s*(\\d+)(?!\\d|\\.)`).exec(
    text,
  );
  const [, address = "", port = ""] = match ?? [];
  return match !== null && octetAbove255(address) === undefined && Number(port) <= 65_535
    ? `${address}:${port}`
    : undefined;
}

/** `fd00::1:80`, `fd00::1`, `[fd00::2]`, `[fd00::1].80` as `[ADDRESS]:PORT`; undefined when it is no IPv6 address. */
export function asEndpoint6(text: string): string | undefined {
  const word = /^\S*/.exec(text.trim())?.[0] ?? "";
  const [, inside, behind = ""] = /^\[([0-9A-Fa-f:.]+)\]?(.*)$/.exec(word) ?? [];
  if (inside !== undefined) {
    return isIPv6(inside) ? `[${inside}]:${/\d+/.exec(behind)?.[0] ?? "80"}` : undefined;
  }
  // What stands last is the port when an address is left without it, and more than one group is.
  const [, address = "", port = ""] = /^([0-9A-Fa-f:.]*)[:.,](\d+)$/.exec(word) ?? [];
  if (isIPv6(address)) return `[${address}]:${port}`;
  return isIPv6(word) && !word.includes("%") ? `[${word}]:80` : undefined;
}

const octetAbove255 = (address: string): string | undefined =>
  address.split(".").find((octet) => Number(octet) > 255);

/**
 * Why what stands where an address or a host name belongs is neither.
 * @returns undefined when it may be a host name: that is the resolver's to say
 */
export function notAHost(text: string): string | undefined {
  const range = /^((?:\d+\.){3})(\d+)-(?:\1)?(\d+)$/.exec(text);
  if (range !== null) {
    const [, net = "", from = "", to = ""] = range;
    return `a range is written ${net}${from}->${net}${to}`;
  }
  const joined = /^([^\s,;]+)[,;]\s*(gate|masq|ipip)$/.exec(text);
  if (joined !== null) {
    return `a blank belongs between the server and its forwarding method; write ${joined[1]} ${joined[2]}`;
  }
  if (/^[\d.]+$/.test(text) && text.includes(".")) return notDotted(text);
  const endpoint6 = asEndpoint6(text);
  if (endpoint6 !== undefined) return `an IPv6 address stands in brackets; write ${endpoint6}`;
  const endpoint = asEndpoint(text);
  if (endpoint !== undefined) return `it is no address; write ${endpoint}`;
  const odd = /[\0-,/:-@[-^`{-~]/.exec(text.replaceAll("+", ""))?.[0];
  if (odd === undefined) return undefined;
  return `it is neither an address nor a host name: ${JSON.stringify(odd)} stands in none`;
}

/** Digits and dots alone are no host name, though a resolver would be asked for one. */
function notDotted(text: string): string {
  const parts = text.split(".");
  if (parts.some((part) => part === ""))
    return "it is no IPv4 address: a number is missing between two dots";
  const endpoint = parts.length === 5 ? asEndpoint(text) : undefined;
  if (endpoint !== undefined) {
    return `it is no IPv4 address: it has five numbers; if the last is the port, write ${endpoint}`;
  }
  if (parts.length > 4) return `it is no IPv4 address: it has ${parts.length} numbers, not four`;
  const tooLarge = octetAbove255(text);
  if (tooLarge !== undefined) return `it is no IPv4 address: ${tooLarge} is above 255`;
  return "it is no IPv4 address: a number that begins with 0 is octal, and has no 8 or 9";
}
