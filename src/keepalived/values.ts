/** Values of a statement. What keepalived refuses is told, and is as if it had not been written: so it does, too. */
import {
  addressToBytes,
  bytesToAddress,
  canonicalAddress,
  type Endpoint,
} from "../model/address.ts";
import type { ConfPlace, Findings } from "./finding.ts";
import { type Statement, shown } from "./text/blocks.ts";

/** A value with where it was said, for what is found out of it later. */
export interface Said<T> extends ConfPlace {
  readonly value: T;
  /** The statement, as it stands there. */
  readonly what: string;
}

export const said = <T>(statement: Statement, value: T): Said<T> => ({
  file: statement.file,
  line: statement.line,
  what: shown(statement),
  value,
});

/** @returns undefined when it is none, which is told */
export function wholeNumber(
  statement: Statement,
  findings: Findings,
  [min, max]: readonly [min: number, max: number],
): Said<number> | undefined {
  const text = statement.args[0] ?? "";
  const number = /^\d{1,15}$/.test(text) ? Number(text) : -1;
  if (number >= min && number <= max) return said(statement, number);
  refused(statement, findings, `a whole number from ${min} to ${max} is missing`);
  return undefined;
}

/** A <TIMER>: seconds, with fractions; more than 0. */
export function seconds(statement: Statement, findings: Findings): Said<number> | undefined {
  const text = statement.args[0] ?? "";
  const value = /^\d{1,7}(\.\d{1,9})?$/.test(text) ? Number(text) : 0;
  if (value > 0) return said(statement, value);
  refused(statement, findings, "a number of seconds is missing");
  return undefined;
}

/** A <BOOL>; the bare word is true. */
export function bool(statement: Statement, findings: Findings): Said<boolean> | undefined {
  const text = (statement.args[0] ?? "true").toLowerCase();
  if (/^(on|true|yes)$/.test(text)) return said(statement, true);
  if (/^(off|false|no)$/.test(text)) return said(statement, false);
  refused(statement, findings, `"${text}" is neither yes nor no`);
  return undefined;
}

/** `NAT`, `DR` or `TUN`, with what stands behind. */
export interface Method {
  readonly forwarding: "gate" | "masq" | "ipip";
  /** `type gue port 5555`: more than the plain tunnel. */
  readonly tunnel?: string;
}

export function method(statement: Statement, findings: Findings): Said<Method> | undefined {
  const [word = "", ...rest] = statement.args;
  if (word === "NAT") return said(statement, { forwarding: "masq" });
  if (word === "DR") return said(statement, { forwarding: "gate" });
  if (word === "TUN") {
    const isPlain = rest.length === 0 || rest.join(" ") === "type ipip";
    return said(statement, { forwarding: "ipip", ...(!isPlain && { tunnel: rest.join(" ") }) });
  }
  refused(statement, findings, `"${word}" is none of NAT, DR and TUN`);
  return undefined;
}

/** `ADDRESS [PORT]` of some words. The port is undefined when none is written. */
export interface Server {
  readonly address: string;
  readonly port?: number;
}

/** @returns what is wrong with it, when it is none */
export function server([text = "", port]: readonly string[]): Server | string {
  const address = canonicalAddress(text);
  if (address === undefined) return `"${text}" is no address`;
  if (port === undefined) return { address };
  const number = /^\d{1,5}$/.test(port) ? Number(port) : -1;
  return number >= 0 && number <= 65_535 ? { address, port: number } : `"${port}" is no port`;
}

/** What one address of a virtual_server_group may stand for. */
const maxRange = 4_096;

/** `10.0.0.1`, `10.0.0.1-9`, `10.0.0.1-10.0.1.9`, `10.0.0.8/29`, with a port. @returns what is wrong, when it is none */
export function range([text = "", port = "0"]: readonly string[]): readonly Endpoint[] | string {
  const [, first = "", sign, last = ""] = /^([^-/]+)([-/])?(.*)$/.exec(text) ?? [];
  const from = server([first, port]);
  if (typeof from === "string") return from;
  if (sign === undefined) return [{ address: from.address, port: from.port ?? 0 }];
  const isSix = from.address.includes(":");
  const [start, end] =
    sign === "/"
      ? network(from.address, last)
      : [numberOf(from.address), lastOf(from.address, last)];
  if (end === undefined || end < start) return `"${text}" is no range of addresses`;
  if (end - start >= BigInt(maxRange)) return `"${text}" has more than ${maxRange} addresses`;
  return Array.from({ length: Number(end - start) + 1 }, (_, i) => ({
    address: addressOf(start + BigInt(i), isSix),
    port: from.port ?? 0,
  }));
}

const numberOf = (address: string): bigint =>
  BigInt(`0x${addressToBytes(address).toString("hex")}`);
const addressOf = (number: bigint, isSix: boolean): string =>
  bytesToAddress(Buffer.from(number.toString(16).padStart(isSix ? 32 : 8, "0"), "hex"));

/** A whole address, or what stands in the place of the first's last part. */
function lastOf(first: string, text: string): bigint | undefined {
  const isSix = first.includes(":");
  const whole = canonicalAddress(text);
  if (whole !== undefined) return whole.includes(":") === isSix ? numberOf(whole) : undefined;
  if (!(isSix ? /^[0-9a-fA-F]{1,4}$/ : /^\d{1,3}$/).test(text)) return undefined;
  const bytes = addressToBytes(first);
  const part = Number.parseInt(text, isSix ? 16 : 10);
  if (isSix) bytes.writeUInt16BE(part, 14);
  else if (part > 255) return undefined;
  else bytes.writeUInt8(part, 3);
  return numberOf(bytesToAddress(bytes));
}

function network(address: string, length: string): readonly [bigint, bigint | undefined] {
  const bits = address.includes(":") ? 128 : 32;
  const prefix = /^\d{1,3}$/.test(length) ? Number(length) : -1;
  if (prefix < 0 || prefix > bits) return [0n, undefined];
  const size = 1n << BigInt(bits - prefix);
  const start = (numberOf(address) / size) * size;
  return [start, start + size - 1n];
}

/** A firewall mark. @returns undefined when it is none */
export function readMark(text = ""): number | undefined {
  const mark = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  return mark >= 1 && mark <= 0xffff_ffff ? mark : undefined;
}

export function refused(statement: Statement, findings: Findings, why: string): void {
  findings.lost(statement, shown(statement), `${why}; the line is passed over`);
}
