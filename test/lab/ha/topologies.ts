import type { HostPlan } from "../network.ts";

/** Hosts of a lab of two directors. */
export type PairRole = "client" | "director1" | "director2" | "rs1" | "rs2";
export type DirectorName = "director1" | "director2";
export type PairTopology<Host extends string = PairRole> = Readonly<
  Record<Host | PairRole, HostPlan>
>;

/** Two virtual addresses: one for each director, where both are to work. No host has them to begin with. */
export const pairVips = ["192.168.10.101", "192.168.10.102"] as const;

const client: HostPlan = { links: { eth0: ["lan", "192.168.10.37/24"] } };

/** Direct routing: all on one bridge, with one card each. */
export function pairByDirectRouting(): PairTopology {
  const director = (address: string): HostPlan => ({ links: { eth0: ["lan", address] } });
  const realServer = (address: string): HostPlan => ({
    links: { eth0: ["lan", address] },
    lo: pairVips.map((vip) => `${vip}/32`),
    sysctl: { "net.ipv4.conf.all.arp_ignore": "1", "net.ipv4.conf.all.arp_announce": "2" },
  });
  return {
    client,
    director1: director("192.168.10.11/24"),
    director2: director("192.168.10.12/24"),
    rs1: realServer("192.168.10.201/24"),
    rs2: realServer("192.168.10.202/24"),
  };
}

/**
 * Translation: two cards, eth0 to the client's network and eth1 to that of the real servers, whose gateway is 10.0.0.1: an
 * address that no host has to begin with, either.
 */
export function pairByTranslation(): PairTopology {
  const director = (number: number): HostPlan => ({
    links: {
      eth0: ["lan", `192.168.10.${10 + number}/24`],
      eth1: ["inside", `10.0.0.${1 + number}/24`],
    },
  });
  const realServer = (address: string): HostPlan => ({
    links: { eth0: ["inside", address] },
    ip: ["route add default via 10.0.0.1"],
  });
  return {
    client,
    director1: director(1),
    director2: director(2),
    rs1: realServer("10.0.0.11/24"),
    rs2: realServer("10.0.0.12/24"),
  };
}
