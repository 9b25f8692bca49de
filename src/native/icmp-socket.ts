/**
 * Echo requests and replies ("ping"), IPv4 and IPv6, one socket for any number of targets.
 *
 * First choice: Linux's ICMP datagram socket, which Node's own dgram reads and writes. The kernel lets
 * only the groups in net.ipv4.ping_group_range (it rules IPv6 too) open one, and makes no exception
 * for root. Else a raw socket, which wants CAP_NET_RAW, read and written here.
 *
 * The data of each request begins with a cookie that only those who are asked get to know. The kernel drops
 * replies without it, and a raw socket's without our identifier: a flood of forged ones takes no room in the
 * queue, where the true ones would be lost.
 */
import { randomBytes, randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { echoFilter } from "./echo-filter.ts";
import { LibcError } from "./errno.ts";
import { type Libc, loadLibc } from "./libc.ts";
import {
  AF_INET,
  AF_INET6,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  MSG_DONTWAIT,
  parseSockaddrInet,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_SOCKET,
  sockaddrInet,
  writeUInt32Host,
} from "./sockaddr.ts";

interface IcmpTarget {
  readonly address: string;
  /** The same address: 4 or 16 bytes, network order. */
  readonly bytes: Uint8Array;
}

export interface IcmpSocket {
  readonly kind: "datagram" | "raw";
  /**
   * Sends one echo request.
   * @param sequence 0..65535
   * @param onError called, now or later, when the kernel refused it; its `code` is the errno's name
   */
  send(to: IcmpTarget, sequence: number, data: Buffer, onError: (error: Error) => void): void;
  close(): void;
}

/** @param from the sender's address, not always in its shortest spelling @param data as it was sent */
export type OnEchoReply = (from: string, data: Buffer) => void;

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
export async function openIcmpSocket(
  family: 4 | 6,
  onReply: OnEchoReply,
  libc: Libc | undefined = loadLibc(),
): Promise<IcmpSocket | undefined> {
  if (libc === undefined) return undefined;
  const datagramFd = tryOpen(libc, family, SOCK_DGRAM);
  if (datagramFd !== undefined) return openDatagram(libc, family, datagramFd, onReply);
  const rawFd = tryOpen(libc, family, SOCK_RAW);
  return rawFd === undefined ? undefined : openRaw(libc, family, rawFd, onReply);
}

function tryOpen(libc: Libc, family: 4 | 6, type: number): number | undefined {
  const [domain, protocol] = family === 4 ? [AF_INET, IPPROTO_ICMP] : [AF_INET6, IPPROTO_ICMPV6];
  try {
    const fd = libc.socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    makeRoom(libc, fd);
    return fd;
  } catch (error) {
    if (error instanceof LibcError && notAllowed.has(error.code)) return undefined;
    throw error;
  }
}

/** A reply that finds the queue full is lost, and its host would be called down. */
function makeRoom(libc: Libc, fd: number): void {
  const size = Buffer.alloc(4);
  writeUInt32Host(size, queueBytes, 0);
  for (const option of [SO_RCVBUFFORCE, SO_RCVBUF]) {
    try {
      libc.setsockopt(fd, SOL_SOCKET, option, size);
      return;
    } catch (error) {
      // Without CAP_NET_ADMIN the second is asked, which the kernel cuts to net.core.rmem_max.
      if (!(error instanceof LibcError)) throw error;
    }
  }
}

function openDatagram(
  libc: Libc,
  family: 4 | 6,
  fd: number,
  onReply: OnEchoReply,
): Promise<IcmpSocket> {
  const cookie = randomBytes(cookieBytes);
  const { reply } = types[family];
  try {
    const wanted = { type: reply, identifier: undefined, cookie, hasIpHeader: false };
    libc.attachFilter(fd, echoFilter(wanted));
  } catch (error) {
    libc.close(fd);
    throw error;
  }
  return new Promise((resolve, reject) => {
    const socket = createSocket(family === 4 ? "udp4" : "udp6");
    socket.once("error", (error) => {
      libc.close(fd);
      reject(error);
    });
    socket.bind({ fd, exclusive: true }, () => {
      socket.removeAllListeners("error");
      // What a later error concerns is reported to the sender by `send`'s callback.
      socket.on("error", () => {});
      socket.on("message", (packet, { address }) => {
        const data = replyData(family, packet, cookie);
        if (data !== undefined) onReply(address.replace(/%.*$/, ""), data);
      });
      resolve({
        kind: "datagram",
        send: (to, sequence, data, onError) => {
          // Node wants a port; the kernel ignores it. Identifier and checksum are the kernel's.
          const packet = echoRequest(family, 0, sequence, cookie, data);
          socket.send(packet, 1, to.address, (error) => {
            if (error) onError(error);
          });
        },
        close: () => socket.close(),
      });
    });
  });
}

function openRaw(libc: Libc, family: 4 | 6, fd: number, onReply: OnEchoReply): IcmpSocket {
  // Only echo replies reach us: the kernel drops the rest of the host's ICMP before it is queued.
  const [level, name, filter] =
    family === 4
      ? [SOL_RAW, ICMP_FILTER, icmpFilter()]
      : [IPPROTO_ICMPV6, ICMPV6_FILTER, icmpv6Filter()];
  const identifier = randomInt(0x10000);
  const cookie = randomBytes(cookieBytes);
  const { reply } = types[family];
  try {
    libc.setsockopt(fd, level, name, filter);
    const wanted = { type: reply, identifier, cookie, hasIpHeader: family === 4 };
    libc.attachFilter(fd, echoFilter(wanted));
  } catch (error) {
    libc.close(fd);
    throw error;
  }
  const buffer = Buffer.alloc(maxPacketBytes);
  const watch = libc.watch(fd, () => {
    for (let reads = 0; reads < maxReadsPerTurn; reads++) {
      const received = receive(libc, fd, buffer);
      if (received === undefined) return;
      const data = replyData(
        family,
        family === 4 ? withoutIpHeader(received.packet) : received.packet,
        cookie,
      );
      // A copy: the buffer is used again for the next packet.
      if (data !== undefined) onReply(received.from, Buffer.from(data));
    }
  });
  return {
    kind: "raw",
    send: (to, sequence, data, onError) => {
      const packet = echoRequest(family, identifier, sequence, cookie, data);
      // The kernel fills in ICMPv6's checksum itself, RFC 3542 §3.1.
      if (family === 4) packet.writeUInt16BE(checksum(packet), 2);
      try {
        libc.sendto(fd, packet, MSG_DONTWAIT, sockaddrInet(to.bytes, 0));
      } catch (error) {
        onError(error instanceof Error ? error : new Error(String(error)));
      }
    },
    close: () => {
      watch.stop();
      libc.close(fd);
    },
  };
}

interface Received {
  readonly from: string;
  readonly packet: Buffer;
}

/** undefined: nothing is waiting, or it failed and the next packet is awaited as usual. */
function receive(libc: Libc, fd: number, buffer: Buffer): Received | undefined {
  try {
    const { length, from } = libc.recvfrom(fd, buffer, MSG_DONTWAIT);
    const sender = parseSockaddrInet(from)?.address ?? Buffer.alloc(0);
    return { from: addressText(sender), packet: buffer.subarray(0, length) };
  } catch (error) {
    if (error instanceof LibcError) return undefined;
    throw error;
  }
}

/** Long form for IPv6: eight groups. */
const addressText = (bytes: Buffer): string =>
  bytes.length === 4 ? bytes.join(".") : (bytes.toString("hex").match(/.{4}/g) ?? []).join(":");

/** Raw IPv4 sockets get the IP header too; its length is the low half of the first byte, in words. RFC 791 §3.1. */
const withoutIpHeader = (packet: Buffer): Buffer => packet.subarray(((packet[0] ?? 0) & 0x0f) * 4);

/** What came before the filter was set is looked at here. */
function replyData(family: 4 | 6, packet: Buffer, cookie: Buffer): Buffer | undefined {
  const dataAt = headerBytes + cookieBytes;
  if (packet.length < dataAt || packet[0] !== types[family].reply) return undefined;
  if (!packet.subarray(headerBytes, dataAt).equals(cookie)) return undefined;
  return packet.subarray(dataAt);
}

function echoRequest(
  family: 4 | 6,
  identifier: number,
  sequence: number,
  cookie: Buffer,
  data: Buffer,
): Buffer {
  const packet = Buffer.concat([Buffer.alloc(headerBytes), cookie, data]);
  packet[0] = types[family].request;
  packet.writeUInt16BE(identifier, 4);
  packet.writeUInt16BE(sequence & 0xffff, 6);
  return packet;
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
