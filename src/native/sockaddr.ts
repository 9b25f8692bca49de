/**
 * The address structures that bind, connect and sendto take, and the numbers that go with them.
 * Values are Linux's, the same on x86-64, arm64, riscv64 and s390x. Host byte order is the machine's.
 */
import { endianness } from "node:os";

/** bits/socket.h */
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;

/** bits/socket_type.h; the last two are ORed to a type */
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

/** sys/socket.h */
export const SHUT_WR = 1;

/** netinet/in.h */
export const IPPROTO_ICMP = 1;
export const IPPROTO_ICMPV6 = 58;

/** asm/socket.h */
export const SOL_SOCKET = 1;
export const SO_ERROR = 4;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_ATTACH_FILTER = 26;
/** These go past net.core.wmem_max and rmem_max; they want CAP_NET_ADMIN. */
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;

/** bits/socket.h */
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;

const isLittleEndian = endianness() === "LE";

/** @param value 0..0xffff, in the machine's own byte order */
export const writeUInt16Host = (buffer: Buffer, value: number, offset: number): number =>
  isLittleEndian ? buffer.writeUInt16LE(value, offset) : buffer.writeUInt16BE(value, offset);
export const writeUInt32Host = (buffer: Buffer, value: number, offset: number): number =>
  isLittleEndian ? buffer.writeUInt32LE(value, offset) : buffer.writeUInt32BE(value, offset);
export const readUInt16Host = (buffer: Buffer, offset: number): number =>
  isLittleEndian ? buffer.readUInt16LE(offset) : buffer.readUInt16BE(offset);
export const readUInt32Host = (buffer: Buffer, offset: number): number =>
  isLittleEndian ? buffer.readUInt32LE(offset) : buffer.readUInt32BE(offset);
/** Rounded above 2^53. */
export const readUInt64Host = (buffer: Buffer, offset: number): number =>
  Number(isLittleEndian ? buffer.readBigUInt64LE(offset) : buffer.readBigUInt64BE(offset));
export const readInt32Host = (buffer: Buffer, offset: number): number =>
  isLittleEndian ? buffer.readInt32LE(offset) : buffer.readInt32BE(offset);

/**
 * linux/netlink.h struct sockaddr_nl.
 * @param portId 0: the kernel, or "choose one for me" in bind
 */
export function sockaddrNetlink(portId = 0, groups = 0): Buffer {
  const bytes = Buffer.alloc(12);
  writeUInt16Host(bytes, AF_NETLINK, 0);
  writeUInt32Host(bytes, portId, 4);
  writeUInt32Host(bytes, groups, 8);
  return bytes;
}

/** sys/un.h: sun_path holds 108 bytes, the closing NUL of a file name included. */
const maxUnixPathBytes = 108;

/**
 * sys/un.h struct sockaddr_un.
 * @param path a file name, or `@name` for the abstract namespace, as systemd and `ss` write it
 * @throws RangeError when the path is empty or does not fit
 */
export function sockaddrUnix(path: string): Buffer {
  const isAbstract = path.startsWith("@");
  const name = Buffer.from(isAbstract ? `\0${path.slice(1)}` : `${path}\0`);
  if (path === "" || path === "@" || name.length > maxUnixPathBytes) {
    throw new RangeError(`not a Unix socket path: ${JSON.stringify(path)}`);
  }
  const bytes = Buffer.alloc(2 + name.length);
  writeUInt16Host(bytes, AF_UNIX, 0);
  name.copy(bytes, 2);
  return bytes;
}

/**
 * netinet/in.h struct sockaddr_in or sockaddr_in6, by the length of the address.
 * @param address 4 or 16 bytes, network order
 * @param port 0..65535; raw and ICMP sockets take 0
 * @param scopeId index of the interface of a link-local IPv6 address
 */
export function sockaddrInet(address: Uint8Array, port: number, scopeId = 0): Buffer {
  if (address.length === 4) {
    const bytes = Buffer.alloc(16);
    writeUInt16Host(bytes, AF_INET, 0);
    bytes.writeUInt16BE(port, 2);
    bytes.set(address, 4);
    return bytes;
  }
  if (address.length !== 16) throw new RangeError(`${address.length} bytes are not an IP address`);
  const bytes = Buffer.alloc(28);
  writeUInt16Host(bytes, AF_INET6, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(address, 8);
  writeUInt32Host(bytes, scopeId, 24);
  return bytes;
}

/**
 * linux/if_packet.h struct sockaddr_ll, of a link by its index; `mac` only to send.
 * @param protocol linux/if_ether.h, as ETH_P_ARP
 */
export function sockaddrLink(
  index: number,
  protocol: number,
  mac: Uint8Array = Buffer.alloc(6),
): Buffer {
  const bytes = Buffer.alloc(20);
  writeUInt16Host(bytes, AF_PACKET, 0);
  bytes.writeUInt16BE(protocol, 2);
  writeUInt32Host(bytes, index, 4);
  bytes[11] = mac.length;
  bytes.set(mac, 12);
  return bytes;
}
