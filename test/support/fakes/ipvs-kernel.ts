import { constants } from "node:os";
import {
  attribute,
  readAttributes,
  u16Attribute,
  u32Attribute,
} from "../../../src/netlink/attributes.ts";
import { genericAttributes, genericPayload, type Message } from "../../../src/netlink/message.ts";
import { type KernelLibc, kernelLibc } from "./kernel-libc.ts";

const { EEXIST, ENOENT, ESRCH } = constants.errno;
const controller = 16;
const nested = 0x8000;

interface Row {
  /** The attributes as they were written. */
  service: Buffer;
  readonly dests: Map<string, Buffer>;
}

/** The IPVS of a kernel, as the messages have it: keeps what is written, and refuses only what is there, or is not. */
export class IpvsKernel {
  /** The family's number, another each time that the module is loaded. */
  family = 30;
  /** Every request for IPVS. */
  readonly requests: Message[] = [];
  /** Set: what is said instead. */
  instead: (command: number) => number | readonly Buffer[] | undefined = () => undefined;
  /** What it counts of every service, and of every destination: attributes beside those that were written. */
  counted = { service: statsNest(10), dest: Buffer.concat([...conns(0, 0, 0), statsNest(10)]) };
  readonly #daemons = new Map<string, Buffer>();
  #timeouts = [u32Attribute(4, 900), u32Attribute(6, 300)];
  /** The first is the oldest. */
  readonly rows = new Map<string, Row>();
  readonly libc: KernelLibc = kernelLibc((request) => this.#reply(request));

  #reply(request: Message): number | readonly Buffer[] {
    const { type, payload } = request;
    if (type === controller) {
      return [genericPayload(1, 2, [u16Attribute(1, this.family), u32Attribute(3, 1)])];
    }
    if (type !== this.family) return ENOENT;
    this.requests.push(request);
    const command = payload[0] ?? 0;
    const other = this.instead(command);
    if (other !== undefined) return other;
    const attributes = readAttributes(genericAttributes(payload));
    const [service, dest] = [attributes.get(1), attributes.get(2)];
    if (command === 15) return answer([u32Attribute(1, 0x010201), u32Attribute(2, 4096)]);
    if (command === 13) return answer(this.#timeouts);
    if (command === 12) {
      this.#timeouts = [...attributes].map(([type, bytes]) => attribute(type, bytes));
      return [];
    }
    if (command >= 9 && command <= 11) return this.#syncDaemon(command, attributes.get(3));
    const shown = (row: Row) =>
      answer([attribute(1 | nested, Buffer.concat([row.service, this.counted.service]))]);
    if (command === 4 && service === undefined) return [...this.rows.values()].flatMap(shown);
    if (service === undefined) return ENOENT;
    const id = textOf(service, [1, 2, 3, 4, 5]);
    const row = this.rows.get(id);
    if (command === 8) {
      return [...(row?.dests.values() ?? [])].flatMap((each) =>
        answer([attribute(2 | nested, Buffer.concat([each, this.counted.dest]))]),
      );
    }
    if (command === 1) {
      if (row !== undefined) return EEXIST;
      this.rows.set(id, { service: Buffer.from(service), dests: new Map() });
      return [];
    }
    if (row === undefined) return ESRCH;
    switch (command) {
      case 2:
        row.service = Buffer.from(service);
        return [];
      case 3:
        this.rows.delete(id);
        return [];
      case 4:
        return shown(row);
      default:
        return changeDest(row, command, dest ?? Buffer.alloc(0));
    }
  }

  #syncDaemon(command: number, daemon: Buffer | undefined): number | readonly Buffer[] {
    if (daemon === undefined) {
      return [...this.#daemons.values()].flatMap((each) => answer([attribute(3 | nested, each)]));
    }
    const state = textOf(daemon, [1]);
    if (command === 10) return this.#daemons.delete(state) ? [] : ESRCH;
    if (this.#daemons.has(state)) return EEXIST;
    this.#daemons.set(state, Buffer.from(daemon));
    return [];
  }
}

/** A nest of counters, as wide as the kernel writes them there. @param values the first ten attributes' */
export function statsNest(type: 10 | 12, values: readonly number[] = Array(10).fill(0)): Buffer {
  const stats = values.map((value, i) => {
    const isWide = type === 12 || i === 3 || i === 4;
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return attribute(i + 1, isWide ? bytes : bytes.subarray(0, 4));
  });
  return attribute(type | nested, Buffer.concat(stats));
}

export const conns = (active: number, inactive: number, persistent: number): Buffer[] =>
  [active, inactive, persistent].map((count, i) => u32Attribute(7 + i, count));

function changeDest({ dests }: Row, command: number, dest: Buffer): number | readonly Buffer[] {
  const place = textOf(dest, [1, 2]);
  const isThere = dests.has(place);
  if (command === 5 && isThere) return EEXIST;
  if (command !== 5 && !isThere) return ENOENT;
  if (command === 7) dests.delete(place);
  else dests.set(place, Buffer.from(dest));
  return [];
}

const answer = (attributes: readonly Buffer[]): readonly Buffer[] => [
  genericPayload(1, 1, attributes),
];

function textOf(bytes: Buffer, types: readonly number[]): string {
  const attributes = readAttributes(bytes);
  return types.map((type) => attributes.get(type)?.toString("hex") ?? "").join(" ");
}
