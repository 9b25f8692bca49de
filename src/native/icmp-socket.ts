/**
 * Echo requests and replies ("ping"), IPv4 and IPv6, one socket for any number of targets.
 *
 * First choice: Linux's ICMP datagram socket. The kernel lets only the groups in net.ipv4.ping_group_range (it
 * rules IPv6 too) open one, and makes no exception for root. Else a raw socket, which wants CAP_NET_RAW.
 *
 * The data of each request begins with a cookie that only those who are asked get to know. The kernel drops
 * replies without it, and a raw socket's without our identifier: a flood of forged ones takes no room in the
 * queue, where the true ones would be lost.
 */
import { randomBytes, randomInt } from "node:crypto";
import { echoFilter } from "./echo-filter.ts";
import { LibcError } from "./errno.ts";
import { type Libc, type LibcWithQuickCalls, loadLibc } from "./libc.ts";
import {
  AF_INET,
  AF_INET6,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_SOCKET,
  writeUInt32Host,
} from "./sockaddr.ts";

export interface IcmpSocket {
  readonly kind: "datagram" | "raw";
  /**
   * Sends one echo request.
   * @param to struct sockaddr_in or sockaddr_in6
   * @param sequence 0..65535
   * @returns bytes sent, or minus the errno
   */
  send(to: Buffer, sequence: number, data: Buffer): number;
  close(): void;
}

/**
 * @param from the sender's address: 4 or 16 bytes
 * @param data as it was sent. Both stand for this call only.
 */
export type OnEchoReply = (from: Buffer, data: Buffer) => void;

/** linux/icmp.h, linux/icmpv6.h */
const types = {
  4: { request: 8, reply: 0 },
  6: { request: 128, reply: 129 },
} as const;
/** Type, code, checksum, identifier, sequence. RFC 792, RFC 4443 §4.1. */
const headerBytes = 8;
export const cookieBytes = 8;
const maxPacketBytes = 2048;
/** Room for some thousand replies: the kernel counts about 1 KiB for each. */
const queueBytes = 4 * 1024 * 1024;
/** A request to a host that is not there is held until the kernel gives up looking for it: they shall not stop the others. */
const sendQueueBytes = 32 * 1024 * 1024;
/** Packets read in one turn of the event loop. */
const maxReadsPerTurn = 256;

/** SOL_RAW with ICMP_FILTER, IPPROTO_ICMPV6 with ICMPV6_FILTER: linux/icmp.h, linux/icmpv6.h */
const SOL_RAW = 255;
const ICMP_FILTER = 1;
const ICMPV6_FILTER = 1;

const notAllowed: ReadonlySet<string> = new Set(["EACCES", "EPERM"]);

/**
 * @returns undefined when this process may open neither kind, or the platform has no binding to libc
 * @throws LibcError for anything else: no descriptors, no IPv6, …
 */
export function openIcmpSocket(
  family: 4 | 6,
  onReply: OnEchoReply,
  libc: LibcWithQuickCalls | undefined = loadLibc(),
): IcmpSocket | undefined {
  if (libc === undefined) return undefined;
  for (const [kind, type] of kinds) {
    const fd = tryOpen(libc, family, type);
    if (fd === undefined) continue;
    try {
      return prepared(libc, { family, kind, fd }, onReply);
    } catch (error) {
      libc.close(fd);
      throw error;
    }
  }
  return undefined;
}

const kinds = [
  ["datagram", SOCK_DGRAM],
  ["raw", SOCK_RAW],
] as const;

function tryOpen(libc: Libc, family: 4 | 6, type: number): number | undefined {
  const [domain, protocol] = family === 4 ? [AF_INET, IPPROTO_ICMP] : [AF_INET6, IPPROTO_ICMPV6];
  try {
    return libc.socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  } catch (error) {
    if (error instanceof LibcError && notAllowed.has(error.code)) return undefined;
    throw error;
  }
}

/** A reply that finds the queue full is lost, and its host would be called down. */
function makeRoom(libc: Libc, fd: number, bytes: number, options: readonly number[]): void {
  const size = Buffer.alloc(4);
  writeUInt32Host(size, bytes, 0);
  for (const option of options) {
    try {
      libc.setsockopt(fd, SOL_SOCKET, option, size);
      return;
    } catch (error) {
      // Without CAP_NET_ADMIN the second is asked, which the kernel cuts to what the system allows.
      if (!(error instanceof LibcError)) throw error;
    }
  }
}

interface Opened {
  readonly family: 4 | 6;
  readonly kind: IcmpSocket["kind"];
  readonly fd: number;
}

function prepared(
  libc: LibcWithQuickCalls,
  { family, kind, fd }: Opened,
  onReply: OnEchoReply,
): IcmpSocket {
  const isRaw = kind === "raw";
  const hasIpHeader = isRaw && family === 4;
  /** Of a datagram socket identifier and checksum are the kernel's. */
  const identifier = isRaw ? randomInt(0x10000) : undefined;
  const cookie = randomBytes(cookieBytes);
  const { reply } = types[family];
  makeRoom(libc, fd, queueBytes, [SO_RCVBUFFORCE, SO_RCVBUF]);
  makeRoom(libc, fd, sendQueueBytes, [SO_SNDBUFFORCE, SO_SNDBUF]);
  if (isRaw) dropOthers(libc, fd, family);
  libc.attachFilter(fd, echoFilter({ type: reply, identifier, cookie, hasIpHeader }));

  const { quick } = libc;
  const requestOf = echoRequests(family, identifier ?? 0, cookie);
  const buffer = Buffer.alloc(maxPacketBytes);
  const sender = family === 4 ? Buffer.alloc(16) : Buffer.alloc(28);
  const from = family === 4 ? sender.subarray(4, 8) : sender.subarray(8, 24);
  let isOpen = true;
  const watch = libc.watch(fd, () => {
    // A reply may be the last that is waited for.
    for (let reads = 0; isOpen && reads < maxReadsPerTurn; reads++) {
      const length = quick.recvfrom(fd, buffer, sender);
      // Nothing is waiting, or it failed and the next packet is awaited as usual.
      if (length < 0) return;
      const at = hasIpHeader ? ipHeaderOf(buffer) : 0;
      const data = replyData(reply, buffer, at, length, cookie);
      if (data !== undefined) onReply(from, data);
    }
  });
  return {
    kind,
    send: (to, sequence, data) => {
      const packet = requestOf(sequence, data);
      // The kernel fills in ICMPv6's checksum itself, RFC 3542 §3.1.
      if (hasIpHeader) packet.writeUInt16BE(checksum(packet), 2);
      return quick.sendto(fd, packet, to);
    },
    close: () => {
      isOpen = false;
      watch.stop();
      libc.close(fd);
    },
  };
}

/** Only echo replies reach us: the kernel drops the rest of the host's ICMP before it is queued. */
function dropOthers(libc: Libc, fd: number, family: 4 | 6): void {
  if (family === 4) libc.setsockopt(fd, SOL_RAW, ICMP_FILTER, icmpFilter());
  else libc.setsockopt(fd, IPPROTO_ICMPV6, ICMPV6_FILTER, icmpv6Filter());
}

/** Raw IPv4 sockets get the IP header too; its length is the low half of the first byte, in words. RFC 791 §3.1. */
const ipHeaderOf = (packet: Buffer): number => ((packet[0] ?? 0) & 0x0f) * 4;

/** What came before the filter was set is looked at here. */
function replyData(
  type: number,
  buffer: Buffer,
  start: number,
  end: number,
  cookie: Buffer,
): Buffer | undefined {
  const cookieAt = start + headerBytes;
  const dataAt = cookieAt + cookieBytes;
  if (end < dataAt || buffer[start] !== type) return undefined;
  if (buffer.compare(cookie, 0, cookieBytes, cookieAt, dataAt) !== 0) return undefined;
  return buffer.subarray(dataAt, end);
}

/** @returns makes a request; one buffer for all of a length, for what is sent is not kept */
function echoRequests(
  family: 4 | 6,
  identifier: number,
  cookie: Buffer,
): (sequence: number, data: Buffer) => Buffer {
  const dataAt = headerBytes + cookieBytes;
  let packet = Buffer.alloc(dataAt);
  return (sequence, data) => {
    if (packet.length !== dataAt + data.length) packet = Buffer.alloc(dataAt + data.length);
    packet.writeUInt32BE(types[family].request * 2 ** 24, 0);
    packet.writeUInt16BE(identifier, 4);
    packet.writeUInt16BE(sequence & 0xffff, 6);
    packet.set(cookie, headerBytes);
    packet.set(data, dataAt);
    return packet;
  };
}

/** RFC 1071: the one's complement of the one's complement sum of 16-bit words; the field itself counts as 0. */
function checksum(packet: Buffer): number {
  let sum = 0;
  for (let at = 0; at < packet.length; at += 2) {
    sum += ((packet[at] ?? 0) << 8) | (packet[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** struct icmp_filter: one bit for each type below 32, set to block it. */
function icmpFilter(): Buffer {
  const filter = Buffer.alloc(4);
  writeUInt32Host(filter, ~(1 << types[4].reply) >>> 0, 0);
  return filter;
}

/** struct icmp6_filter: one bit for each of 256 types in eight words, set to block it. */
function icmpv6Filter(): Buffer {
  const filter = Buffer.alloc(32, 0xff);
  const { reply } = types[6];
  writeUInt32Host(filter, ~(1 << (reply & 31)) >>> 0, (reply >> 5) * 4);
  return filter;
}
