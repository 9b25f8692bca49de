/** DNS responses as a server writes them, and servers that send them over UDP and TCP. */
import { addressToBytes } from "../../../src/model/address.ts";
import { type Loopback, type ScriptedServer, serve } from "./scripted.ts";
import { type ScriptedUdpServer, servingUdp } from "./scripted-udp.ts";

export interface Reply {
  readonly responseCode?: number;
  /** The answer section: type's number and its data. */
  readonly records?: readonly (readonly [type: number, data: Buffer])[];
  readonly isTruncated?: boolean;
  readonly changes?: (message: Buffer) => Buffer;
}

export const a = (address: string) => [1, addressToBytes(address)] as const;
export const aaaa = (address: string) => [28, addressToBytes(address)] as const;
export const ptr = (name: string) => [12, nameBytes(name)] as const;
export const cname = (name: string) => [5, nameBytes(name)] as const;

/** Not compressed. */
export const nameBytes = (name: string): Buffer =>
  Buffer.concat([
    ...name
      .split(".")
      .filter((label) => label !== "")
      .map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, "latin1")),
    Buffer.from([0]),
  ]);

/** The response to `query`, its question repeated, each owner a pointer to the question's name. */
export function respond(
  query: Buffer,
  { responseCode = 0, records = [], isTruncated = false, changes = (message) => message }: Reply,
): Buffer {
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8180 | (isTruncated ? 0x0200 : 0) | responseCode, 2);
  header.writeUInt16BE(records.length, 6);
  const answers = records.map(([type, data]) => {
    const head = Buffer.alloc(12);
    head.writeUInt16BE(0xc00c, 0);
    head.writeUInt16BE(type, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt32BE(60, 6);
    head.writeUInt16BE(data.length, 10);
    return Buffer.concat([head, data]);
  });
  return changes(Buffer.concat([header, query.subarray(12), ...answers]));
}

/** The question of a query that we sent: `www.example.com A`. */
export function questionOf(query: Buffer): string {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = query.readUInt16BE(at + 1);
  const name = { 1: "A", 2: "NS", 12: "PTR", 28: "AAAA" }[type] ?? String(type);
  return `${labels.join(".")} ${name}`;
}

/** Answers by question; what it does not know is NXDOMAIN. */
export type Zone = Readonly<Record<string, Reply>>;
const replyOf = (zone: Zone, query: Buffer): Buffer =>
  respond(query, zone[questionOf(query)] ?? { responseCode: 3 });

export const dnsByUdp = (address: Loopback, zone: Zone): Promise<ScriptedUdpServer> =>
  servingUdp(address, (query) => [replyOf(zone, query)]);

/** @param chunkBytes how much of a response is written at a time */
export const dnsByTcp = (
  address: Loopback,
  zone: Zone,
  { chunkBytes = 65_536, port = 0 } = {},
): Promise<ScriptedServer> =>
  serve(
    address,
    (socket) => {
      socket.setNoDelay(true).on("data", (bytes) => {
        const message = replyOf(zone, bytes.subarray(2));
        const length = Buffer.alloc(2);
        length.writeUInt16BE(message.length);
        const whole = Buffer.concat([length, message]);
        const send = (at: number): void => {
          if (socket.destroyed || at >= whole.length) return;
          socket.write(whole.subarray(at, at + chunkBytes), () =>
            setImmediate(send, at + chunkBytes),
          );
        };
        send(0);
      });
    },
    port,
  );
