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
    if (command === 13) return answer([u32Attribute(4, 900), u32Attribute(6, 300)]);
    if (command === 4 && service === undefined) {
      return [...this.rows.values()].flatMap((row) => answer([attribute(1 | nested, row.service)]));
    }
    if (service === undefined) return ENOENT;
    const id = textOf(service, [1, 2, 3, 4, 5]);
    const row = this.rows.get(id);
    if (command === 8) {
      return [...(row?.dests.values() ?? [])].flatMap((each) =>
        answer([attribute(2 | nested, each)]),
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
        return answer([attribute(1 | nested, row.service)]);
      default:
        return changeDest(row, command, dest ?? Buffer.alloc(0));
    }
  }
}

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
