/** A director of one service as it should be, and what a test changes of it. */
import type { Facts, Link, LinkAddress, Way } from "../../../src/doctor/facts.ts";
import { err, ok } from "../../../src/model/result.ts";
import type { VirtualService } from "../../../src/model/virtual-service.ts";
import { realServer, tcp, virtualService } from "../../support/builders.ts";

export const vip = "192.0.2.1";

/** @param address `192.0.2.9/24` */
const linkAddress = (address: string): LinkAddress => {
  const [plain = "", bits] = address.split("/");
  return { address: plain, prefixBits: Number(bits) };
};

export const link = (
  name: string,
  addresses: readonly string[],
  more: Partial<Link> = {},
): Link => ({
  name,
  index: 2,
  isUp: true,
  asksByArp: true,
  mtu: 1500,
  mac: "02:00:00:00:00:01",
  addresses: addresses.map(linkAddress),
  ...more,
});

export const loopback = (...addresses: readonly string[]): Link =>
  link("lo", ["127.0.0.1/8", ...addresses], { index: 1, asksByArp: false, mac: "" });

export const through = (device: string, mtu = 1500): Way => ({ kind: "through", device, mtu });
export const own: Way = { kind: "own" };

export const ways = (known: Readonly<Record<string, Way>>): Pick<Facts, "ways"> => ({
  ways: ok(new Map(Object.entries(known))),
});

export const sysctls = (settings: Readonly<Record<string, string>>): Pick<Facts, "sysctls"> => ({
  sysctls: new Map(Object.entries(settings)),
});

export const service = (
  forwarding: "gate" | "masq" | "ipip",
  more: Partial<VirtualService> = {},
): VirtualService =>
  virtualService(tcp(`${vip}:80`), [realServer("10.0.0.11:80", { forwarding })], more);

/** With address `vip` on eth0, and the real server behind eth1. */
export const facts = (virtual: VirtualService, more: Partial<Facts> = {}): Facts => ({
  virtuals: [virtual],
  ini: {},
  role: undefined,
  syncDaemons: ok([]),
  modules: { present: new Set(["ip_vs", "ip_vs_wrr"]), loadable: err("there is no modules.dep") },
  sysctls: new Map(),
  links: ok([
    loopback(),
    link("eth0", ["192.0.2.9/24", `${vip}/32`]),
    link("eth1", ["10.0.0.1/24"]),
  ]),
  ...ways({ [vip]: own, "10.0.0.11": through("eth1") }),
  claims: ok(new Map([[vip, []]])),
  firewall: ok({ rewrites: [], asksForState: false }),
  openFiles: { limit: 1024, of: "a daemon started here" },
  clock: { now: Date.UTC(2026, 10, 30), isSynchronised: ok(true) },
  ...more,
});
