/** The kernel's routing table and links, as `ip route get` and `ip link` ask for them. @see rtnetlink(7) */
import { NetlinkError } from "../errors.ts";
import { LibcError } from "../native/errno.ts";
import { type Libc, loadLibc } from "../native/libc.ts";
import { AF_INET, AF_INET6, readUInt32Host } from "../native/sockaddr.ts";
import { attribute, readAttributes, u32Attribute } from "./attributes.ts";
import { NetlinkSocket } from "./socket.ts";

/** linux/netlink.h */
const NETLINK_ROUTE = 0;
/** linux/rtnetlink.h */
const RTM_GETLINK = 18;
const RTM_GETROUTE = 26;
const rtmsgBytes = 12;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_PREFSRC = 7;
const RTN_LOCAL = 2;
/** linux/if_link.h, and a mask that leaves the counters out: two thirds of an answer. */
const ifinfomsgBytes = 16;
const IFLA_IFNAME = 3;
const IFLA_EXT_MASK = 29;
const RTEXT_FILTER_SKIP_STATS = 8;
/** net/if.h: set when the link is up and has its carrier. */
const IFF_RUNNING = 0x40;

/** IPv6 gives a route that refuses as an answer, IPv4 as an error: RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT. */
const refusals: ReadonlyMap<number, string> = new Map([
  [6, "EINVAL"],
  [7, "EHOSTUNREACH"],
  [8, "EACCES"],
]);

/** Where the kernel would send a packet now. */
export type Way =
  /** It is an address of this machine, reached by the loopback. `link`: the index. */
  | { readonly kind: "own"; readonly link: number }
  | { readonly kind: "through"; readonly link: number; readonly hasSource: boolean }
  /** `errno`: what connect(2) says: ENETUNREACH, EHOSTUNREACH, EACCES (prohibit), EINVAL (blackhole). */
  | { readonly kind: "none"; readonly errno: string };

export interface Link {
  readonly index: number;
  readonly name: string;
  readonly isRunning: boolean;
}

/** Costs one descriptor for as long as it is open, and none later, when there may be none left. */
export class Routes {
  readonly #socket: NetlinkSocket;

  /** @throws LibcError */
  constructor(libc: Libc) {
    this.#socket = new NetlinkSocket(libc, NETLINK_ROUTE);
  }

  /** @param address 4 or 16 bytes, network order @returns undefined when the kernel cannot be asked now */
  wayTo(address: Buffer): Way | undefined {
    try {
      const request = { type: RTM_GETROUTE, payload: encodeRouteRequest(address) };
      const [answer] = this.#socket.ask(request, "ask for a route");
      return answer && decodeWay(answer);
    } catch (error) {
      const errno = errnoOf(error);
      return errno !== undefined && noWay.has(errno) ? { kind: "none", errno } : undefined;
    }
  }

  /** @returns undefined when the kernel cannot be asked now */
  links(): readonly Link[] | undefined {
    try {
      const payload = Buffer.concat([
        Buffer.alloc(ifinfomsgBytes),
        u32Attribute(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS),
      ]);
      return this.#socket.dump({ type: RTM_GETLINK, payload }, "list the links").map(decodeLink);
    } catch (error) {
      errnoOf(error);
      return undefined;
    }
  }

  close(): void {
    this.#socket.close();
  }
}

/** undefined where the kernel cannot be asked: no binding to libc, no descriptor left, no Linux. */
export function openRoutes(): Routes | undefined {
  const libc = loadLibc();
  if (libc === undefined) return undefined;
  try {
    return new Routes(libc);
  } catch (error) {
    if (error instanceof LibcError) return undefined;
    throw error;
  }
}

const noWay: ReadonlySet<string> = new Set(["ENETUNREACH", ...refusals.values()]);

/** @throws `error` when it is a bug */
function errnoOf(error: unknown): string | undefined {
  if (error instanceof NetlinkError) return error.errno;
  throw error;
}

/**
 *   offset  size  field
 *        0     1  family
 *        1     1  length of the destination, in bits
 *        2    10  the rest: zeros mean "any"
 *       12     n  attributes
 * @see linux/rtnetlink.h struct rtmsg
 */
function encodeRouteRequest(address: Buffer): Buffer {
  const header = Buffer.alloc(rtmsgBytes);
  header[0] = address.length === 4 ? AF_INET : AF_INET6;
  header[1] = address.length * 8;
  return Buffer.concat([header, attribute(RTA_DST, address)]);
}

/** @param answer a struct rtmsg, whose byte 7 is the route's type, and attributes */
function decodeWay(answer: Buffer): Way {
  const type = answer[7] ?? 0;
  const errno = refusals.get(type);
  if (errno !== undefined) return { kind: "none", errno };
  const attributes = readAttributes(answer.subarray(rtmsgBytes));
  const out = attributes.get(RTA_OIF);
  if (out === undefined) return { kind: "none", errno: "ENETUNREACH" };
  const link = readUInt32Host(out, 0);
  if (type === RTN_LOCAL) return { kind: "own", link };
  return { kind: "through", link, hasSource: attributes.has(RTA_PREFSRC) };
}

/** @param answer a struct ifinfomsg, with the index at 4 and the flags at 8, and attributes */
function decodeLink(answer: Buffer): Link {
  const name = readAttributes(answer.subarray(ifinfomsgBytes)).get(IFLA_IFNAME);
  return {
    index: readUInt32Host(answer, 4),
    name: name === undefined ? "" : name.subarray(0, -1).toString(),
    isRunning: (readUInt32Host(answer, 8) & IFF_RUNNING) !== 0,
  };
}
