/** Which packets a ping socket gets at all: a program for the kernel, classic BPF. linux/filter.h, linux/bpf_common.h */
import type { FilterStep } from "./libc.ts";

/** BPF_LDX | BPF_B | BPF_MSH: the register X is the length of the IPv4 header at `k`. */
const LDX_HEADER_LENGTH = 0xb1;
/** BPF_LDX | BPF_W | BPF_IMM */
const LDX_NUMBER = 0x01;
/** BPF_LD | BPF_IND with BPF_B, BPF_H, BPF_W: what stands at X + k, in network order. */
const LD_BYTE = 0x50;
const LD_HALF = 0x48;
const LD_WORD = 0x40;
/** BPF_JMP | BPF_JEQ | BPF_K: `jt` or `jf` steps are passed over. */
const JUMP_IF_EQUAL = 0x15;
/** BPF_RET | BPF_K: so many bytes of the packet are taken; 0 is none of it. */
const RETURN = 0x06;

/** Where they stand in an echo message. RFC 792, RFC 4443 §4.2. */
const typeAt = 0;
const identifierAt = 4;
const dataAt = 8;

export interface Wanted {
  /** Of the ICMP message. */
  readonly type: number;
  /** Undefined where the kernel looks at it. */
  readonly identifier: number | undefined;
  /** Eight bytes that the data begins with. */
  readonly cookie: Buffer;
  /** Raw IPv4 sockets see the IP header too. */
  readonly hasIpHeader: boolean;
}

export function echoFilter({ type, identifier, cookie, hasIpHeader }: Wanted): FilterStep[] {
  const tests = [
    { load: LD_BYTE, at: typeAt, value: type },
    ...(identifier === undefined ? [] : [{ load: LD_HALF, at: identifierAt, value: identifier }]),
    { load: LD_WORD, at: dataAt, value: cookie.readUInt32BE(0) },
    { load: LD_WORD, at: dataAt + 4, value: cookie.readUInt32BE(4) },
  ];
  return [
    { code: hasIpHeader ? LDX_HEADER_LENGTH : LDX_NUMBER, jt: 0, jf: 0, k: 0 },
    ...tests.flatMap(({ load, at, value }, i) => [
      { code: load, jt: 0, jf: 0, k: at },
      // Past the tests that are left, two steps each, and the step that takes the packet.
      { code: JUMP_IF_EQUAL, jt: 0, jf: (tests.length - 1 - i) * 2 + 1, k: value },
    ]),
    { code: RETURN, jt: 0, jf: 0, k: 0xffffffff },
    { code: RETURN, jt: 0, jf: 0, k: 0 },
  ];
}
