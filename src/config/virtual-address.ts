import { isIPv6 } from "node:net";
import type { Problem } from "./values.ts";

/** What a `virtual=` line names, names not looked up yet. */
export type VirtualAddress =
  | { readonly kind: "address"; readonly host: string; readonly port: string }
  | { readonly kind: "fwmark"; readonly mark: number };

export interface VirtualReading {
  readonly address?: VirtualAddress;
  readonly problems: readonly Problem[];
}

const maxMark = 0xffff_ffff;
const port = "([0-9A-Za-z_-]+)";
const named = new RegExp(`^([0-9A-Za-z._+-]+):${port}(.*)$`, "s");
const bracketed = new RegExp(`^\\[([0-9A-Fa-f:]+)\\]:${port}(.*)$`, "s");

/** Text behind what was understood is ignored, as the original does. */
export function readVirtualAddress(value: string, family: 4 | 6): VirtualReading {
  const name = named.exec(value);
  if (name !== null) {
    const [, host = "", portText = "", rest = ""] = name;
    return { address: { kind: "address", host, port: portText }, problems: ignored(rest) };
  }
  const digits = /^\d+/.exec(value)?.[0];
  if (digits !== undefined) return readMark(digits, value.slice(digits.length));

  const v6 = bracketed.exec(value);
  if (v6 === null) {
    const example = family === 6 ? "virtual6=[2001:db8::1]:80" : "virtual=192.0.2.1:80";
    const hint =
      family === 6 && value.includes(":") && !value.includes("[")
        ? "an IPv6 address needs brackets and a port"
        : "it needs an address and a port, or a firewall mark";
    return refused(
      "invalid address for virtual server",
      `${JSON.stringify(value)} is not understood: ${hint}; write ${example}`,
    );
  }
  const [, host = "", portText = "", rest = ""] = v6;
  if (family === 4) {
    return refused(
      'cannot specify an IPv6 address here. please use "virtual6" instead.',
      `an IPv6 address needs virtual6: write virtual6=[${host}]:${portText}`,
    );
  }
  if (!isIPv6(host)) {
    return refused("invalid ipv6 address for virtual server", `"${host}" is not an IPv6 address`);
  }
  return { address: { kind: "address", host, port: portText }, problems: ignored(rest) };
}

function readMark(digits: string, rest: string): VirtualReading {
  const mark = Number(digits);
  if (mark < 1 || mark > maxMark) {
    const message = `a firewall mark is a number from 1 to ${maxMark}, not ${digits}; the service is left out`;
    return { problems: [{ severity: "warning", message }] };
  }
  const word = /^\S*/.exec(rest)?.[0] ?? "";
  const problems: Problem[] = [];
  if (word !== "") {
    const hint = word.startsWith(".") ? `; an address needs a port: ${digits}${word}:80` : "";
    problems.push({
      severity: "warning",
      message: `"${digits}${word}" is taken as firewall mark ${mark}${hint}`,
    });
  } else problems.push(...ignored(rest));
  return { address: { kind: "fwmark", mark }, problems };
}

const refused = (legacy: string, message: string): VirtualReading => ({
  problems: [{ severity: "error", legacy, message }],
});

const ignored = (rest: string): Problem[] =>
  rest.trim() === ""
    ? []
    : [{ severity: "warning", message: `${JSON.stringify(rest.trim())} is ignored` }];
