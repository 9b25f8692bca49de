import { isIPv6 } from "node:net";
import { asEndpoint, asEndpoint6 } from "./address-hint.ts";
import type { Problem } from "./reading.ts";

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
  const hint6 = /^\[|:.*:/.test(value) ? sixHint(value) : undefined;
  if (name !== null) {
    const [, host = "", portText = "", rest = ""] = name;
    return { address: { kind: "address", host, port: portText }, problems: ignored(rest, hint6) };
  }
  const digits = /^\d+/.exec(value)?.[0];
  if (digits !== undefined) return readMark(digits, value.slice(digits.length), hint6);

  const v6 = bracketed.exec(value);
  if (v6 === null) {
    const legacy = "invalid address for virtual server";
    if (hint6 !== undefined) return refused(legacy, hint6);
    const example = family === 6 ? "virtual6=[2001:db8::1]:80" : "virtual=192.0.2.1:80";
    const hint = "it needs an address and a port, or a firewall mark";
    return refused(legacy, `${JSON.stringify(value)} is not understood: ${hint}; write ${example}`);
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

function readMark(digits: string, rest: string, hint6: string | undefined): VirtualReading {
  const mark = Number(digits);
  if (mark < 1 || mark > maxMark) {
    const message = `a firewall mark is a number from 1 to ${maxMark}, not ${digits}; the service is left out`;
    return { problems: [{ severity: "warning", message }] };
  }
  const word = /^\S*/.exec(rest)?.[0] ?? "";
  const problems: Problem[] = [];
  if (word !== "") {
    const message = `"${digits}${word}" is taken as firewall mark ${mark}; ${hint6 ?? quadHint(digits + rest)}`;
    problems.push({ severity: "warning", message });
  } else problems.push(...ignored(rest));
  return { address: { kind: "fwmark", mark }, problems };
}

function sixHint(value: string): string | undefined {
  const right = asEndpoint6(value);
  return right && `an IPv6 address needs virtual6, brackets and a port: write virtual6=${right}`;
}

function quadHint(text: string): string {
  const right = asEndpoint(text);
  if (right !== undefined) return `an address and its port are written virtual=${right}`;
  const address = /^\d+(?:\.\d+){3}(?![.\d])/.exec(text)?.[0];
  return address === undefined
    ? "an address needs a port, as in virtual=192.0.2.1:80"
    : `an address needs a port: virtual=${address}:80`;
}

const refused = (legacy: string, message: string): VirtualReading => ({
  problems: [{ severity: "error", legacy, message }],
});

function ignored(rest: string, hint?: string): Problem[] {
  if (rest.trim() === "") return [];
  const more = hint === undefined ? "" : `; ${hint}`;
  return [{ severity: "warning", message: `${JSON.stringify(rest.trim())} is ignored${more}` }];
}
