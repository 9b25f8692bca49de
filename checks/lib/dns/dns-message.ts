/** DNS messages, as bytes and as values. RFC 1035 §4; AAAA: RFC 3596. */

import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { addressToBytes, bytesToAddress } from "../../../src/model/address.ts";
import { err, ok, type Result } from "../../../src/model/result.ts";

export const recordType = { A: 1, NS: 2, CNAME: 5, PTR: 12, AAAA: 28 } as const;
export type QuestionType = "A" | "NS" | "PTR" | "AAAA";

export interface Question {
  /** Its labels, as bytes (latin1); none for the root. */
  readonly labels: readonly string[];
  readonly type: QuestionType;
}

export interface DnsRecord {
  /** `A`, `TYPE99` when it has no name here. */
  readonly type: string;
  /** The address of A and AAAA; the name, without the dot at its end, of PTR, CNAME and NS; else "". */
  readonly value: string;
}

export interface DnsAnswer {
  readonly id: number;
  /** 0 is no error. */
  readonly responseCode: number;
  /** Not all of it found room in a datagram. */
  readonly isTruncated: boolean;
  /** The question that it repeats; some servers leave it out when they refuse. */
  readonly question?: { readonly name: string; readonly type: number };
  /** The answer section, in its order; what follows it is not read. */
  readonly records: readonly DnsRecord[];
}

const headerBytes = 12;
const classInternet = 1;
const maxLabelBytes = 63;
/** With the length bytes and the root's. */
const maxNameBytes = 255;
/** More than any answer that makes sense; the rest is not looked at. */
const maxRecords = 1000;

/**
 * A name as its labels.
 * @param name with or without the dot at its end; non-ASCII becomes xn--
 * @returns the labels, or what is wrong with the name
 */
export function labelsOf(name: string): Result<readonly string[], string> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the ASCII range
  const ascii = /^[\x00-\x7f]*$/.test(name) ? name : domainToASCII(name);
  const stem = ascii.replace(/\.$/, "");
  if (stem === "") return ascii === name ? ok([]) : err(`"${name}" is no domain name`);
  const labels = stem.split(".");
  if (labels.includes("")) return err(`"${name}" is no domain name: it has an empty label`);
  const long = labels.find((label) => label.length > maxLabelBytes);
  if (long !== undefined) return err(`"${long}" is longer than ${maxLabelBytes} bytes`);
  if (labels.reduce((sum, label) => sum + 1 + label.length, 1) > maxNameBytes)
    return err(`the name is longer than ${maxNameBytes} bytes`);
  return ok(labels);
}

/** The labels under which an address has its PTR record. RFC 1035 §3.5, RFC 3596 §2.5. */
export function reverseLabels(address: string): readonly string[] {
  const bytes = addressToBytes(address);
  if (isIP(address) === 4) return [...[...bytes].reverse().map(String), "in-addr", "arpa"];
  return [...[...bytes.toString("hex")].reverse(), "ip6", "arpa"];
}

/** A question with recursion desired, and nothing else. @param id 0..65535 */
export function encodeQuery(id: number, { labels, type }: Question): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(0x0100, 2);
  header.writeUInt16BE(1, 4);
  const name = labels.map((label) =>
    Buffer.from(`${String.fromCharCode(label.length)}${label}`, "latin1"),
  );
  return Buffer.concat([header, ...name, Buffer.from([0, 0, recordType[type], 0, classInternet])]);
}

/** As `decodeAnswer` writes a name: labels joined by dots, what is not printable as \DDD. RFC 1035 §5.1. */
export const nameText = (labels: readonly string[]): string =>
  labels
    .map((label) =>
      label
        .replace(/[.\\]/g, "\\$&")
        .replace(/[^\x21-\x7e]/g, (byte) => `\\${String(byte.charCodeAt(0)).padStart(3, "0")}`),
    )
    .join(".");

/** @returns what a response says, or why it is none */
export function decodeAnswer(message: Buffer): Result<DnsAnswer, string> {
  try {
    return decode(message);
  } catch (error) {
    // What Buffer throws past its end, and `nameAt` at a bad name.
    if (error instanceof RangeError) return err("it is cut short or garbled");
    throw error;
  }
}

/** @throws RangeError */
function decode(message: Buffer): Result<DnsAnswer, string> {
  const id = message.readUInt16BE(0);
  const flags = message.readUInt16BE(2);
  const questions = message.readUInt16BE(4);
  const answers = message.readUInt16BE(6);
  if ((flags & 0x8000) === 0) return err("it is a query, not a response");
  if ((flags & 0x7800) !== 0) return err("it is no answer to a standard query");
  const isTruncated = (flags & 0x0200) !== 0;

  let at = headerBytes;
  let question: DnsAnswer["question"];
  for (let i = 0; i < questions; i++) {
    const nameEnd = pastName(message, at);
    question ??= {
      name: nameText(nameAt(message, at).labels),
      type: message.readUInt16BE(nameEnd),
    };
    at = nameEnd + 4;
  }
  const records: DnsRecord[] = [];
  for (let i = 0; i < Math.min(answers, maxRecords); i++) {
    // Its header still counts the records that it has no room for.
    if (isTruncated && at >= message.length) break;
    const ownerEnd = pastName(message, at);
    const type = message.readUInt16BE(ownerEnd);
    const data = ownerEnd + 10;
    const end = data + message.readUInt16BE(ownerEnd + 8);
    if (end > message.length) throw new RangeError("a record past the end");
    records.push(recordOf(message, type, data, end));
    at = end;
  }
  return ok({
    id,
    responseCode: flags & 0x000f,
    isTruncated,
    ...(question === undefined ? {} : { question }),
    records,
  });
}

const typeNames: ReadonlyMap<number, string> = new Map(
  Object.entries(recordType).map(([name, number]) => [number, name]),
);

/** @throws RangeError when the data does not fit the type */
function recordOf(message: Buffer, type: number, data: number, end: number): DnsRecord {
  const name = typeNames.get(type) ?? `TYPE${type}`;
  if (type === recordType.A || type === recordType.AAAA) {
    const bytes = message.subarray(data, end);
    if (bytes.length !== (type === recordType.A ? 4 : 16)) throw new RangeError("no address");
    return { type: name, value: bytesToAddress(bytes) };
  }
  if (type === recordType.PTR || type === recordType.CNAME || type === recordType.NS) {
    const pointed = nameAt(message, data);
    if (pointed.end !== end) throw new RangeError("no name");
    return { type: name, value: nameText(pointed.labels) };
  }
  return { type: name, value: "" };
}

/** The first byte after a name, where it stands. @throws RangeError */
function pastName(message: Buffer, start: number): number {
  for (let at = start; ; ) {
    const length = message.readUInt8(at);
    if (length >= 0xc0) return at + 2;
    if (length > maxLabelBytes) throw new RangeError("an unknown kind of label");
    at += 1 + length;
    if (length === 0) return at;
  }
}

interface Name {
  readonly labels: readonly string[];
  /** The first byte after it, where it stands. */
  readonly end: number;
}

/**
 * A name, perhaps compressed (RFC 1035 §4.1.4). A pointer must lead to before the name's own start and
 * each next one further back, so that there is an end to them.
 * @throws RangeError
 */
function nameAt(message: Buffer, start: number): Name {
  const labels: string[] = [];
  let at = start;
  let end: number | undefined;
  let before = start;
  let bytes = 1;
  for (;;) {
    const length = message.readUInt8(at);
    if (length >= 0xc0) {
      const to = message.readUInt16BE(at) & 0x3fff;
      if (to >= before) throw new RangeError("a pointer forward");
      end ??= at + 2;
      before = to;
      at = to;
    } else if (length > maxLabelBytes) {
      throw new RangeError("an unknown kind of label");
    } else if (length === 0) {
      return { labels, end: end ?? at + 1 };
    } else {
      bytes += 1 + length;
      if (bytes > maxNameBytes || at + 1 + length > message.length)
        throw new RangeError("a name too long");
      labels.push(message.toString("latin1", at + 1, at + 1 + length));
      at += 1 + length;
    }
  }
}
