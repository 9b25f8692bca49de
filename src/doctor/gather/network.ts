/**
 * Links, addresses and routes, by the package netlink. It is loaded here alone, for this one command: what
 * one of its listeners throws ends the process, so it has none but those that pass errors over, and is closed at once.
 */
import type { RtNetlinkSocket, rt } from "netlink";
import { addressToBytes, bytesToAddress } from "../../model/address.ts";
import { messageOf } from "../../model/error-text.ts";
import { err, ok } from "../../model/result.ts";
import { readUInt32Host } from "../../native/sockaddr.ts";
import type { Link, LinkAddress, Seen, Way } from "../facts.ts";

export interface Network {
  readonly links: Seen<readonly Link[]>;
  /** By address. */
  readonly ways: Seen<ReadonlyMap<string, Way>>;
}

/** One answer of the kernel, which is there at once. */
const timeoutMs = 2_000;
/** sys/socket.h */
const AF_INET = 2;
const AF_INET6 = 10;
/** linux/netlink.h: what cannot be reached is an answer. */
const noWay = /ENETUNREACH|EHOSTUNREACH|EACCES|EINVAL/;

/** @param wanted addresses to find the way to */
export async function readNetwork(wanted: readonly string[]): Promise<Network> {
  let socket: RtNetlinkSocket | undefined;
  try {
    const { createRtNetlink } = await import("netlink");
    socket = createRtNetlink();
    // Its next layer hands errors on, and an "error" that nobody listens to is thrown.
    socket.socket.on("error", () => {});
    const links = await readLinks(socket);
    return {
      links: ok(links),
      ways: ok(await readWays(socket, wanted, links)),
    };
  } catch (error) {
    const why = `the kernel cannot be asked for its links: ${messageOf(error)}`;
    return { links: err(why), ways: err(why) };
  } finally {
    socket?.socket.close();
  }
}

async function readLinks(socket: RtNetlinkSocket): Promise<readonly Link[]> {
  const [links, addresses] = [
    await socket.getLinks({}, {}, { timeout: timeoutMs }),
    await socket.getAddresses({}, {}, { timeout: timeoutMs }),
  ];
  const byLink = new Map<number, LinkAddress[]>();
  for (const { data, attrs } of addresses) {
    const bytes = attrs.local ?? attrs.address;
    if (bytes === undefined || (bytes.length !== 4 && bytes.length !== 16)) continue;
    const address = { address: bytesToAddress(bytes), prefixBits: data.prefixlen ?? 0 };
    byLink.set(data.index ?? 0, [...(byLink.get(data.index ?? 0) ?? []), address]);
  }
  return links.map(({ data: { index = 0, type, flags = {} }, attrs }) => ({
    name: attrs.ifname ?? String(index),
    index,
    isUp: flags.up === true,
    asksByArp: type === "ETHER" && flags.broadcast === true && flags.noarp !== true,
    mtu: attrs.mtu ?? 0,
    mac: macText(attrs.address),
    addresses: byLink.get(index) ?? [],
  }));
}

/** Those that are understood. One after the other: each is a question and an answer within this host. */
async function readWays(
  socket: RtNetlinkSocket,
  wanted: readonly string[],
  links: readonly Link[],
): Promise<ReadonlyMap<string, Way>> {
  const ways = new Map<string, Way>();
  for (const address of wanted) {
    const way = await askWay(socket, address, links);
    if (way !== undefined) ways.set(address, way);
  }
  return ways;
}

async function askWay(
  socket: RtNetlinkSocket,
  address: string,
  links: readonly Link[],
): Promise<Way | undefined> {
  const dst = addressToBytes(address);
  const family = dst.length === 4 ? AF_INET : AF_INET6;
  try {
    const [route] = await socket.getRoute(
      { family, dstLen: dst.length * 8 },
      { dst },
      { timeout: timeoutMs },
    );
    return route === undefined ? { kind: "none" } : wayOf(route, links);
  } catch (error) {
    const message = messageOf(error);
    if (message.includes("Timeout")) throw error;
    return noWay.test(message) ? { kind: "none" } : undefined;
  }
}

function wayOf({ data, attrs }: rt.RouteMessage, links: readonly Link[]): Way {
  if (data.type === "LOCAL" || data.type === "ANYCAST") return { kind: "own" };
  const link = links.find(({ index }) => index === attrs.oif);
  if (data.type !== "UNICAST" || link === undefined) return { kind: "none" };
  const mtu = attrs.metrics?.mtu;
  return {
    kind: "through",
    device: link.name,
    mtu: mtu?.length === 4 ? readUInt32Host(mtu, 0) : link.mtu,
  };
}

const macText = (bytes: Buffer | undefined): string =>
  bytes?.length === 6 ? [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":") : "";
