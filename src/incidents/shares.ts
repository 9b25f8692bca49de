import { isIPv4 } from "node:net";
import { addressToBytes, bytesToAddress } from "../model/address.ts";
import type { Trouble } from "./trouble.ts";

/** What the real servers of an incident have in common, the nearest first. */
export type Shares =
  | { readonly kind: "server"; readonly of: string }
  | { readonly kind: "host"; readonly of: string }
  | { readonly kind: "network"; readonly of: string }
  /** Nothing but the time: so many networks. */
  | { readonly kind: "nothing"; readonly networks: number };

/** `10.1.2.0/24`, `2001:db8:0:1::/64`: about a rack. */
export function networkOf(address: string): string {
  const bits = isIPv4(address) ? 24 : 64;
  const bytes = addressToBytes(address);
  const kept = bytes.map((byte, i) => (i < bits / 8 ? byte : 0));
  return `${bytesToAddress(kept)}/${bits}`;
}

/** @param servers with an address each; one at least */
export function sharesOf(servers: readonly Pick<Trouble, "address" | "port">[]): Shares {
  const addresses = new Set(servers.flatMap(({ address }) => address ?? []));
  const ports = new Set(servers.map(({ port }) => port));
  const [host = ""] = addresses;
  if (addresses.size === 1) return { kind: ports.size === 1 ? "server" : "host", of: host };
  const networks = new Set([...addresses].map(networkOf));
  const [network = ""] = networks;
  return networks.size === 1
    ? { kind: "network", of: network }
    : { kind: "nothing", networks: networks.size };
}
