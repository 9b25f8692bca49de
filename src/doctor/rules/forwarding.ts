/** The way to real servers. */
import { familyOf } from "../../model/address.ts";
import type { Facts } from "../facts.ts";
import { fine, listed, type Outcome, type Rule, unseen, whenSeen, wrong } from "../rule.ts";
import { isOwn, realsBy, segmentsOf, servicesOf, vipsOf, wayTo } from "../services.ts";
import { linkSysctl, sysctlOf } from "../sysctl.ts";

const forward: Rule = {
  id: "ip-forward",
  severity: "fault",
  finds: "masq, and this host does not forward packets",
  why: "real servers' answers stop here and never reach the client",
  look: (facts) => [...forward4(facts), ...forward6(facts)],
};

/** The kernel goes by the setting of the link that the answer comes in by; the general one sets all of them. */
function forward4(facts: Facts): readonly Outcome[] {
  const reals = remoteReals(facts, 4);
  if (reals.length === 0) return [];
  const general = "net.ipv4.ip_forward";
  if (sysctlOf(general, facts) === 0) return [switchedOff(general)];
  const devices = new Set(reals.flatMap((real) => deviceTo(real, facts) ?? []));
  const names = [...devices].map((device) => linkSysctl("ipv4", device, "forwarding"));
  return [general, ...names].map((name) => judged(name, facts));
}

function forward6(facts: Facts): readonly Outcome[] {
  if (remoteReals(facts, 6).length === 0) return [];
  return [judged("net.ipv6.conf.all.forwarding", facts)];
}

const remoteReals = (facts: Facts, family: 4 | 6): readonly string[] =>
  realsBy("masq", facts.virtuals, family).filter((real) => !isOwn(real, facts));

function deviceTo(address: string, facts: Facts): string | undefined {
  const way = wayTo(address, facts);
  return way?.kind === "through" ? way.device : undefined;
}

const switchedOff = (name: string): Outcome => wrong(`${name} is 0`, [`sysctl -w ${name}=1`]);

function judged(name: string, facts: Facts): Outcome {
  const value = sysctlOf(name, facts);
  if (value === undefined) return unseen(name, "the kernel has no such setting here");
  return value === 0 ? switchedOff(name) : fine(`${name} is ${value}`);
}

/** What IPVS puts before a packet. RFC 2003, RFC 2473. */
const outerHeaderBytes = { 4: 20, 6: 40 } as const;

const tunnelMtu: Rule = {
  id: "tunnel-mtu",
  severity: "advice",
  finds: "ipip, and a client's full-sized packet does not fit into the tunnel",
  why: "uploads hang wherever the ICMP message that says so is lost on its way to the client",
  look: (facts) =>
    whenSeen(facts.links, "whether clients' packets fit into the tunnels", (links) =>
      vipsOf(facts.virtuals).flatMap((vip) => {
        const outside = segmentsOf(vip, links).map(({ mtu }) => mtu);
        if (outside.length === 0) return [];
        const clients = Math.min(...outside);
        const reals = realsBy("ipip", servicesOf(vip, facts.virtuals));
        const inner = reals.flatMap((real) => {
          const way = wayTo(real, facts);
          return way?.kind === "through"
            ? [{ real, bytes: way.mtu - outerHeaderBytes[familyOf(real)] }]
            : [];
        });
        const narrow = inner.filter(({ bytes }) => bytes < clients);
        if (inner.length === 0) return [];
        if (narrow.length === 0) return [fine(`packets for ${vip} fit into its tunnels`)];
        const least = Math.min(...narrow.map(({ bytes }) => bytes));
        const names = listed(narrow.map(({ real }) => real));
        return [
          wrong(
            `packets for ${vip} may have ${clients} bytes, and ${least} fit into the tunnel to ${names}`,
            [`ip route change default via GATEWAY advmss ${least - tcpHeaderBytes[familyOf(vip)]}`],
            "the real servers",
          ),
        ];
      }),
    ),
};

/** IP's and TCP's, without options. RFC 9293 §3.7.1. */
const tcpHeaderBytes = { 4: 40, 6: 60 } as const;

export const forwardingRules: readonly Rule[] = [forward, tunnelMtu];
