import type { HostPlan, Mark } from "./network.ts";

/** Hosts of every lab; a lab with a router or more has further ones. */
export type Role = "client" | "director" | "rs1" | "rs2";
export type Topology<Host extends string = Role> = Readonly<Record<Host | Role, HostPlan>>;

export const VIP = "192.168.10.101";
export const VIP6 = "fd00:10::101";

/** Deprecated, so that the director does not take it as its own when it asks a real server that has it too. */
const VIP6_ON_DIRECTOR = `${VIP6}/128 preferred_lft 0`;

/** A real server that has virtual addresses, but leaves ARP for them to the director. */
const silentForVips = {
  "net.ipv4.conf.all.arp_ignore": "1",
  "net.ipv4.conf.all.arp_announce": "2",
};

const forwarding = { "net.ipv4.ip_forward": "1", "net.ipv6.conf.all.forwarding": "1" };

const onLan = (address: string, ...more: string[]): HostPlan["links"] => ({
  eth0: ["lan", address, ...more],
});

/** Addresses of the client under direct routing, besides its first: it can be many clients, in two networks. */
export const clientAddresses = [1, 2].flatMap((network) =>
  Array.from({ length: 90 }, (_, i) => `10.1.${network}.${i + 1}`),
);

/** All on one bridge. */
export function directRouting(
  vips: readonly string[] = [VIP],
  marks?: readonly Omit<Mark, "device">[],
): Topology {
  const onVips = vips.map((vip) => `${vip}/32`);
  const reach = { ip: ["route add 10.1.0.0/16 dev eth0"] };
  const realServer = (address: string): HostPlan => ({
    links: onLan(address),
    lo: onVips,
    sysctl: silentForVips,
    ...reach,
  });
  return {
    client: { links: onLan("192.168.10.37/24", ...clientAddresses.map((it) => `${it}/16`)) },
    director: {
      links: onLan("192.168.10.100/24", ...onVips),
      ...reach,
      ...(marks ? { marks: marks.map((mark) => ({ device: "eth0", ...mark })) } : {}),
    },
    rs1: realServer("192.168.10.201/24"),
    rs2: realServer("192.168.10.202/24"),
  };
}

/** The same network, the client behind a router. */
export function directRoutingAcrossNetworks(): Topology<"router"> {
  const plan = directRouting();
  const gateway = { ip: ["route add default via 192.168.10.1"] };
  return {
    client: {
      links: { eth0: ["outside", "172.16.1.37/24"] },
      ip: ["route add default via 172.16.1.1"],
    },
    router: {
      links: { eth0: ["outside", "172.16.1.1/24"], eth1: ["lan", "192.168.10.1/24"] },
      sysctl: forwarding,
    },
    director: { ...plan.director, ...gateway },
    rs1: { ...plan.rs1, ...gateway },
    rs2: { ...plan.rs2, ...gateway },
  };
}

/** The director stands between the client's network and the real servers'. */
export function translation(): Topology {
  const realServer = (address: string): HostPlan => ({
    links: { eth0: ["inside", address] },
    ip: ["route add default via 10.0.0.1"],
  });
  return {
    client: { links: onLan("192.168.10.37/24") },
    director: {
      links: { ...onLan("192.168.10.100/24", `${VIP}/32`), eth1: ["inside", "10.0.0.1/24"] },
      sysctl: forwarding,
    },
    rs1: realServer("10.0.0.11/24"),
    rs2: realServer("10.0.0.12/24"),
  };
}

/** Of the director in `translationOfBoth`: who comes through IPVS by masq comes from the director. */
export const rewriteSender = "-A POSTROUTING -m ipvs --vmethod masq -j MASQUERADE";

/**
 * As `translation`, but answers would go past the director: the real servers' gateway is another router, which the
 * clients are behind, too.
 */
export function translationOfBoth(nat: readonly string[] = [rewriteSender]): Topology<"router"> {
  const { client, director } = translation();
  const realServer = (address: string): HostPlan => ({
    links: { eth0: ["inside", address] },
    ip: ["route add default via 10.0.0.254"],
  });
  return {
    client,
    router: {
      links: { ...onLan("192.168.10.1/24"), eth1: ["inside", "10.0.0.254/24"] },
      sysctl: forwarding,
    },
    director: {
      ...director,
      sysctl: { ...forwarding, "net.ipv4.vs.conntrack": "1" },
      ...(nat.length === 0 ? {} : { nat }),
    },
    rs1: realServer("10.0.0.11/24"),
    rs2: realServer("10.0.0.12/24"),
  };
}

/** As `translation`, with each real server behind a card of its own. */
export function translationOverTwoCards(): Topology {
  const { client, director } = translation();
  const realServer = (bridge: string, network: string): HostPlan => ({
    links: { eth0: [bridge, `${network}.11/24`] },
    ip: [`route add default via ${network}.1`],
  });
  return {
    client,
    director: {
      ...director,
      links: {
        ...onLan("192.168.10.100/24", `${VIP}/32`),
        eth1: ["inside1", "10.0.1.1/24"],
        eth2: ["inside2", "10.0.2.1/24"],
      },
    },
    rs1: realServer("inside1", "10.0.1"),
    rs2: realServer("inside2", "10.0.2"),
  };
}

/** The real servers stand in another network, behind a router, at the end of a tunnel. */
export function tunnels(): Topology<"router"> {
  const realServer = (address: string): HostPlan => ({
    links: { eth0: ["remote", address] },
    sysctl: silentForVips,
    ip: [
      "route add default via 192.168.20.1",
      // The first tunnel asked for makes the kernel load its module, and that makes tunl0.
      "link add asked0 type ipip local 192.0.2.1 remote 192.0.2.2",
      "link del asked0",
      "link set tunl0 up",
      `addr add ${VIP}/32 dev tunl0`,
    ],
  });
  const gateway = ["route add default via 192.168.10.1"];
  return {
    client: { links: onLan("192.168.10.37/24"), ip: gateway },
    router: {
      links: { eth0: ["lan", "192.168.10.1/24"], eth1: ["remote", "192.168.20.1/24"] },
      sysctl: forwarding,
    },
    director: { links: onLan("192.168.10.100/24", `${VIP}/32`), ip: gateway },
    rs1: realServer("192.168.20.201/24"),
    rs2: realServer("192.168.20.202/24"),
  };
}

export function directRoutingIpv6(): Topology {
  const realServer = (address: string): HostPlan => ({
    links: onLan(address),
    lo: [`${VIP6}/128`],
  });
  return {
    client: { links: onLan("fd00:10::37/64") },
    director: { links: onLan("fd00:10::100/64", VIP6_ON_DIRECTOR) },
    rs1: realServer("fd00:10::201/64"),
    rs2: realServer("fd00:10::202/64"),
  };
}

export function translationIpv6(): Topology {
  const realServer = (address: string): HostPlan => ({
    links: { eth0: ["inside", address] },
    ip: ["route add ::/0 via fd00:20::1"],
  });
  return {
    client: { links: onLan("fd00:10::37/64") },
    director: {
      links: { ...onLan("fd00:10::100/64", VIP6_ON_DIRECTOR), eth1: ["inside", "fd00:20::1/64"] },
      sysctl: forwarding,
    },
    rs1: realServer("fd00:20::11/64"),
    rs2: realServer("fd00:20::12/64"),
  };
}
