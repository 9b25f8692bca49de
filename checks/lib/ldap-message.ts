/**
 * LDAP messages, as much of them as a check needs, in BER (RFC 4511 §4, X.690 §8.1). What is read comes from
 * a machine that may be hostile: every length is checked against what there is.
 */
import { DownNow, maxLineBytes, type Session } from "./stream/dialogue.ts";

const tag = {
  boolean: 0x01,
  integer: 0x02,
  octetString: 0x04,
  enumerated: 0x0a,
  sequence: 0x30,
  simplePassword: 0x80,
  presentFilter: 0x87,
  bindRequest: 0x60,
  searchRequest: 0x63,
} as const;

/** The operations that a server may answer with. */
export const operation = {
  bindResponse: 0x61,
  searchEntry: 0x64,
  searchDone: 0x65,
  searchReference: 0x73,
  /** With message number 0: the server ends the connection, and says why. */
  notice: 0x78,
} as const;

function value(type: number, ...content: readonly (Buffer | string)[]): Buffer {
  const bytes = Buffer.concat(content.map((part) => Buffer.from(part)));
  const header = Buffer.from(bytes.length < 0x80 ? [type, bytes.length] : [type, 0x84, 0, 0, 0, 0]);
  if (bytes.length >= 0x80) header.writeUInt32BE(bytes.length, 2);
  return Buffer.concat([header, bytes]);
}
/** @param number 0 to 127 */
const small = (type: number, number: number): Buffer => value(type, Buffer.from([number]));
const message = (id: number, request: Buffer): Buffer =>
  value(tag.sequence, small(tag.integer, id), request);

/** A simple bind of version 3; anonymous when both are empty. */
export const bindRequest = (id: number, dn: string, password: string): Buffer =>
  message(
    id,
    value(
      tag.bindRequest,
      small(tag.integer, 3),
      value(tag.octetString, dn),
      value(tag.simplePassword, password),
    ),
  );

/** For the entry `base` itself, whatever it is, without its attributes (`1.1`, RFC 4511 §4.5.1.8). */
export const searchRequest = (id: number, base: string): Buffer =>
  message(
    id,
    value(
      tag.searchRequest,
      value(tag.octetString, base),
      small(tag.enumerated, 0), // baseObject
      small(tag.enumerated, 0), // neverDerefAliases
      small(tag.integer, 0), // any number of entries
      small(tag.integer, 0), // any time
      small(tag.boolean, 0), // values too
      value(tag.presentFilter, "objectClass"),
      value(tag.sequence, value(tag.octetString, "1.1")),
    ),
  );

export interface LdapMessage {
  readonly id: number;
  /** One of `operation`, or whatever the server sent. */
  readonly type: number;
  readonly content: Buffer;
}

/** The next message. Throws DownNow for what is none, for one of more than 64 KiB, and at the end. */
export async function nextMessage(session: Session): Promise<LdapMessage> {
  let header = await take(session, 2);
  if (header[0] !== tag.sequence) throw nonsense();
  const first = header[1] ?? 0;
  if (first > 0x80) header = Buffer.concat([header, await take(session, lengthBytes(first))]);
  const { length } = lengthAt(header, 1);
  if (length > maxLineBytes) throw new DownNow("protocol", `a message of ${length} bytes`);
  const fields = valuesIn(await take(session, length));
  const id = fields.next();
  const body = fields.next();
  if (id.done === true || body.done === true || id.value.type !== tag.integer) throw nonsense();
  return { id: numberOf(id.value.content), ...body.value };
}

export interface LdapResult {
  readonly code: number;
  /** The server's own words, as latin1. */
  readonly words: string;
}

/** @param content of any response with a result. Throws DownNow when it has none. */
export function resultIn(content: Buffer): LdapResult {
  const [code, , words] = [...valuesIn(content)];
  if (code?.type !== tag.enumerated || words === undefined) throw nonsense();
  return { code: numberOf(code.content), words: words.content.toString("latin1") };
}

/** @param content of a search entry @returns its DN as latin1. Throws DownNow when it has none. */
export function nameIn(content: Buffer): string {
  const name = valuesIn(content).next();
  if (name.done === true || name.value.type !== tag.octetString) throw nonsense();
  return name.value.content.toString("latin1");
}

interface BerValue {
  readonly type: number;
  readonly content: Buffer;
}

/** The values that follow each other in `bytes`. Throws DownNow where one does not fit in. */
function* valuesIn(bytes: Buffer): Generator<BerValue, undefined> {
  for (let at = 0; at < bytes.length; ) {
    const { length, end } = lengthAt(bytes, at + 1);
    const type = bytes[at];
    if (type === undefined || end + length > bytes.length) throw nonsense();
    yield { type, content: bytes.subarray(end, end + length) };
    at = end + length;
  }
}

/** The length that stands at `at`, and where it ends. Throws DownNow when it is none. */
function lengthAt(bytes: Buffer, at: number): { readonly length: number; readonly end: number } {
  const first = bytes[at];
  if (first === undefined) throw nonsense();
  if (first < 0x80) return { length: first, end: at + 1 };
  const end = at + 1 + lengthBytes(first);
  if (end > bytes.length) throw nonsense();
  return { length: bytes.readUIntBE(at + 1, end - at - 1), end };
}

/** @param first byte of a long length. LDAP knows no endless one; we know none over four bytes. */
function lengthBytes(first: number): number {
  const count = first - 0x80;
  if (count < 1 || count > 4) throw nonsense();
  return count;
}

function numberOf(content: Buffer): number {
  if (content.length < 1 || content.length > 4) throw nonsense();
  return content.readIntBE(0, content.length);
}

async function take(session: Session, count: number): Promise<Buffer> {
  let text = "";
  while (text.length < count) {
    const more = await session.bytes(count - text.length);
    if (more === "") throw new DownNow("closed", "connection closed");
    text += more;
  }
  return Buffer.from(text, "latin1");
}

const nonsense = (): DownNow => new DownNow("protocol", "the answer is none of LDAP");
