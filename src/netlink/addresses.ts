/** The addresses of this host, as `ip address` lists them, and word of every change. @see rtnetlink(7) */
import { NetlinkError } from "../errors.ts";
import { LibcError } from "../native/errno.ts";
import { type Libc, loadLibc } from "../native/libc.ts";
import { readUInt32Host } from "../native/sockaddr.ts";
import { readAttributes } from "./attributes.ts";
import { Notices } from "./notices.ts";
import { NetlinkSocket } from "./socket.ts";

/** linux/netlink.h */
const NETLINK_ROUTE = 0;
/** linux/rtnetlink.h: RTNLGRP_IPV4_IFADDR is group 5, RTNLGRP_IPV6_IFADDR group 9; one bit each, from group 1 on. */
const addressGroups = (1 << 4) | (1 << 8);
const RTM_GETADDR = 22;
/** linux/if_addr.h struct ifaddrmsg; of a link with a far end IFA_LOCAL is ours, and IFA_ADDRESS the other's. */
const ifaddrmsgBytes = 8;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_FLAGS = 8;
const IFA_F_OPTIMISTIC = 0x04;
const IFA_F_DADFAILED = 0x08;
const IFA_F_TENTATIVE = 0x40;

/** Costs two descriptors for as long as it is open. */
export class HostAddresses {
  readonly #socket: NetlinkSocket;
  readonly #notices: Notices;

  /** @param onChange some address came or went, or it may have. @throws LibcError */
  constructor(libc: Libc, onChange: () => void) {
    this.#notices = new Notices(libc, NETLINK_ROUTE, addressGroups, onChange);
    try {
      this.#socket = new NetlinkSocket(libc, NETLINK_ROUTE);
    } catch (error) {
      this.#notices.close();
      throw error;
    }
  }

  /**
   * Those of every interface, `lo` too, that packets are taken for: none that duplicate address detection tries still,
   * or found to be another's.
   * @returns 4 or 16 bytes each, network order; undefined when the kernel cannot be asked now
   */
  list(): readonly Buffer[] | undefined {
    try {
      const payload = Buffer.alloc(ifaddrmsgBytes);
      return this.#socket
        .dump({ type: RTM_GETADDR, payload }, "list the addresses")
        .flatMap(decodeAddress);
    } catch (error) {
      if (error instanceof NetlinkError) return undefined;
      throw error;
    }
  }

  close(): void {
    this.#notices.close();
    this.#socket.close();
  }
}

/** undefined where the kernel cannot be asked: no binding to libc, no descriptor left, no Linux. */
export function openHostAddresses(onChange: () => void): HostAddresses | undefined {
  const libc = loadLibc();
  if (libc === undefined) return undefined;
  try {
    return new HostAddresses(libc, onChange);
  } catch (error) {
    if (error instanceof LibcError) return undefined;
    throw error;
  }
}

/**
 * @param answer a struct ifaddrmsg, with eight of the flags at 2, and attributes
 * @throws NetlinkError EBADMSG
 */
function decodeAddress(answer: Buffer): readonly Buffer[] {
  const attributes = readAttributes(answer.subarray(ifaddrmsgBytes));
  const bytes = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  const all = attributes.get(IFA_FLAGS);
  const flags = all !== undefined && all.length >= 4 ? readUInt32Host(all, 0) : (answer[2] ?? 0);
  const isTried = (flags & IFA_F_TENTATIVE) !== 0 && (flags & IFA_F_OPTIMISTIC) === 0;
  if (isTried || (flags & IFA_F_DADFAILED) !== 0) return [];
  return bytes?.length === 4 || bytes?.length === 16 ? [bytes] : [];
}
