/** A real server that has the virtual address itself (gate, ipip): this host, or others, which can only be told. */
import type { Facts } from "../facts.ts";
import { fine, listed, type Outcome, type Rule, unseen, whenSeen, wrong } from "../rule.ts";
import { isOwn, realsBy, segmentsOf, servicesOf, standsBehind, vipsOf } from "../services.ts";
import { higherOf, linkSysctl } from "../sysctl.ts";

/** The addresses that this host answers clients from as a real server. */
const vipsBehind = (facts: Facts): readonly string[] =>
  vipsOf(facts.virtuals).filter((vip) => !vip.includes(":") && standsBehind(vip, facts));

const remote = (method: "gate" | "ipip", facts: Facts): readonly string[] =>
  realsBy(method, facts.virtuals, 4).filter((real) => !isOwn(real, facts));

/** The links that others ask on for these addresses, judged by a setting of the kernel. */
function lookAtLinks(facts: Facts, name: string, least: number): readonly Outcome[] {
  const vips = vipsBehind(facts);
  if (vips.length === 0) return [];
  return whenSeen(facts.links, name, (links) => {
    const devices = new Set(vips.flatMap((vip) => segmentsOf(vip, links).map((link) => link.name)));
    return [...devices].map((device) => {
      const setting = linkSysctl("ipv4", device, name);
      const value = higherOf(name, device, facts);
      if (value === undefined) return unseen(setting, "the kernel has no such setting here");
      const what = `${name} on ${device} is ${value}`;
      const command = `sysctl -w net.ipv4.conf.all.${name}=${least}`;
      return value >= least ? fine(what) : wrong(`${what}, on this real server`, [command]);
    });
  });
}

const ignore: Rule = {
  id: "arp-ignore",
  severity: "fault",
  finds: "this host is a real server (gate, ipip) and answers ARP for the virtual address",
  why: "it takes the clients from the director",
  look: (facts) => lookAtLinks(facts, "arp_ignore", 1),
};

const announce: Rule = {
  id: "arp-announce",
  severity: "fault",
  finds:
    "this host is a real server (gate, ipip) and names the virtual address when it asks by ARP",
  why: "its neighbours learn that the address is here, and clients go past the director",
  look: (facts) => {
    const others = [...remote("gate", facts), ...remote("ipip", facts)];
    const reminder = unseen(`arp_ignore and arp_announce of ${listed(others)}`, "only they know", {
      on: "the real servers",
      commands: ["sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2"],
    });
    return [...lookAtLinks(facts, "arp_announce", 2), ...(others.length === 0 ? [] : [reminder])];
  },
};

const tunnelName = "tunl0";

/** Addresses that come to this host, a real server, through a tunnel. */
const vipsByTunnel = (facts: Facts): readonly string[] =>
  vipsBehind(facts).filter((vip) =>
    realsBy("ipip", servicesOf(vip, facts.virtuals), 4).some((real) => isOwn(real, facts)),
  );

const tunnel: Rule = {
  id: "tunnel-device",
  severity: "fault",
  finds: `this host is a real server (ipip) and has no ${tunnelName} that is up`,
  why: "it does not unpack what the director sends",
  look: (facts) => {
    const others = remote("ipip", facts);
    const reminder = unseen(`${tunnelName} and rp_filter of ${listed(others)}`, "only they know", {
      on: "the real servers",
      commands: [
        "modprobe ipip",
        `ip link set ${tunnelName} up`,
        `sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.${tunnelName}.rp_filter=0`,
      ],
    });
    const [vip] = vipsByTunnel(facts);
    const here =
      vip === undefined
        ? []
        : whenSeen(facts.links, tunnelName, (links) => {
            if (links.some(({ name, isUp }) => name === tunnelName && isUp)) {
              return [fine(`${tunnelName} is up`)];
            }
            const up = `ip link set ${tunnelName} up`;
            const isThere = links.some(({ name }) => name === tunnelName);
            const what = isThere ? `${tunnelName} is down` : `there is no ${tunnelName}`;
            return [wrong(`${what}, on this real server`, isThere ? [up] : ["modprobe ipip", up])];
          });
    return [...here, ...(others.length === 0 ? [] : [reminder])];
  },
};

const strictFilter: Rule = {
  id: "rp-filter",
  severity: "fault",
  finds: `this host is a real server (ipip), and rp_filter of ${tunnelName} is strict`,
  why: "clients' packets come out of a tunnel that no route back leads to, and are dropped",
  look: (facts) => {
    if (vipsByTunnel(facts).length === 0) return [];
    const value = higherOf("rp_filter", tunnelName, facts);
    if (value === undefined) return [];
    const what = `rp_filter of ${tunnelName} is ${value}`;
    if (value !== 1) return [fine(what)];
    const all = `net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.${tunnelName}.rp_filter=0`;
    return [wrong(`${what}, on this real server`, [`sysctl -w ${all}`])];
  },
};

export const realServerRules: readonly Rule[] = [ignore, announce, tunnel, strictFilter];
