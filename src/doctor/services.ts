/** What the rules ask of the file and of the links, together. */
import { addressToBytes, type Family, familyOf, formatEndpoint } from "../model/address.ts";
import type { ForwardingMethod } from "../model/real-server.ts";
import { serviceName, type VirtualService } from "../model/virtual-service.ts";
import type { Facts, Link, Way } from "./facts.ts";

/** Of services by address, each once, in the order of the file. */
export const vipsOf = (virtuals: readonly VirtualService[]): readonly string[] => [
  ...new Set(virtuals.flatMap(({ key }) => (key.kind === "address" ? [key.endpoint.address] : []))),
];

/** Addresses of the real servers that are reached so, each once. */
export const realsBy = (
  method: ForwardingMethod,
  virtuals: readonly VirtualService[],
  family?: Family,
): readonly string[] => [
  ...new Set(
    virtuals.flatMap(({ reals }) =>
      reals
        .filter(({ forwarding, endpoint }) => {
          return (
            forwarding === method &&
            (family ?? familyOf(endpoint.address)) === familyOf(endpoint.address)
          );
        })
        .map(({ endpoint }) => endpoint.address),
    ),
  ),
];

/** Whose own machine has the virtual address too: they answer the client themselves. */
export const sharersOf = (virtuals: readonly VirtualService[]): readonly string[] => [
  ...new Set([...realsBy("gate", virtuals), ...realsBy("ipip", virtuals)]),
];

export const servicesOf = (vip: string, virtuals: readonly VirtualService[]) =>
  virtuals.filter(({ key }) => key.kind === "address" && key.endpoint.address === vip);

export const holdersOf = (address: string, links: readonly Link[]): readonly Link[] =>
  links.filter(({ addresses }) => addresses.some((it) => it.address === address));

/** Links on whose network the address is. */
export const linksToward = (address: string, links: readonly Link[]): readonly Link[] =>
  links.filter(
    ({ isUp, asksByArp, addresses }) =>
      isUp && asksByArp && addresses.some((it) => isWithin(address, it.address, it.prefixBits)),
  );

/** Where neighbours would ask for a virtual address by ARP: links that have it, else those on whose network it is. */
export function segmentsOf(vip: string, links: readonly Link[]): readonly Link[] {
  const held = holdersOf(vip, links).filter(({ isUp, asksByArp }) => isUp && asksByArp);
  return held.length > 0 ? held : linksToward(vip, links);
}

function isWithin(address: string, other: string, prefixBits: number): boolean {
  if (familyOf(address) !== familyOf(other)) return false;
  const [a, b] = [addressToBytes(address), addressToBytes(other)];
  for (let bit = 0; bit < prefixBits; bit += 8) {
    const mask = 0xff00 >> Math.min(8, prefixBits - bit);
    if (((a[bit / 8] ?? 0) ^ (b[bit / 8] ?? 0)) & mask & 0xff) return false;
  }
  return true;
}

export const wayTo = (address: string, { ways }: Facts): Way | undefined =>
  ways.ok ? ways.value.get(address) : undefined;

/**
 * Whether this host is a real server of the virtual address, and not now its director: it has the address where
 * nobody asks for it by ARP.
 */
export function standsBehind(vip: string, facts: Facts): boolean {
  const links = facts.links.ok ? facts.links.value : [];
  const holders = holdersOf(vip, links);
  const isQuiet = holders.length > 0 && holders.every(({ asksByArp }) => !asksByArp);
  return isQuiet && sharersOf(servicesOf(vip, facts.virtuals)).some((it) => isOwn(it, facts));
}

export const isOwn = (address: string, facts: Facts): boolean =>
  wayTo(address, facts)?.kind === "own";

/** `tcp 192.0.2.1:80`, or `firewall mark 5` */
export const serviceText = ({ key }: VirtualService): string =>
  key.kind === "address"
    ? `${key.protocol} ${formatEndpoint(key.endpoint)}`
    : `firewall mark ${serviceName(key)}`;
