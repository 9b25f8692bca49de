/** masq: both ways must lead through this director. */
import { familyOf } from "../../model/address.ts";
import type { Facts, FirewallRules } from "../facts.ts";
import { fine, listed, type Outcome, type Rule, unseen, whenSeen, wrong } from "../rule.ts";
import { isOwn, realsBy, segmentsOf, vipsOf, wayTo } from "../services.ts";
import { sysctlOf } from "../sysctl.ts";

const conntrack = "net.ipv4.vs.conntrack";
const trackCommand = `sysctl -w ${conntrack}=1`;

/** @param reals whose families need a rule */
const rewriteCommands = (reals: readonly string[]): readonly string[] =>
  [4, 6]
    .filter((family) => reals.some((real) => familyOf(real) === family))
    .map(
      (family) =>
        `${family === 4 ? "iptables" : "ip6tables"} -t nat -A POSTROUTING -m ipvs --vmethod masq -j MASQUERADE`,
    );

const translated = (facts: Facts): readonly string[] =>
  realsBy("masq", facts.virtuals).filter((real) => !isOwn(real, facts));

const back: Rule = {
  id: "masq-return",
  severity: "advice",
  finds: "masq, and real servers' answers hardly come back through this director",
  why: "an answer that goes straight to the client comes from an address that it never asked",
  look: (facts) => {
    const reals = translated(facts);
    if (reals.length === 0) return [];
    if (isTracked(facts) && reals.every((real) => isRewritten(real, facts))) {
      return [fine("to the real servers all clients are this director")];
    }
    const { shared, apart } = byLink(reals, facts);
    return [
      ...(shared.length === 0 ? [] : [besideClients(shared, facts)]),
      ...(apart.length === 0 ? [] : [gatewayUnseen(apart)]),
    ];
  },
};

function besideClients(reals: readonly string[], { firewall }: Facts): Outcome {
  const what = `${listed(reals)}: reached by the link that clients come by`;
  return firewall.ok
    ? wrong(what, [trackCommand, ...rewriteCommands(reals)])
    : unseen(`${what}; whether senders are rewritten`, firewall.error);
}

function isRewritten(real: string, facts: Facts): boolean {
  const way = wayTo(real, facts);
  if (way?.kind !== "through" || !facts.firewall.ok) return false;
  return facts.firewall.value.rewrites.some(({ device = way.device }) =>
    device.endsWith("+") ? way.device.startsWith(device.slice(0, -1)) : way.device === device,
  );
}

const isTracked = (facts: Facts): boolean => sysctlOf(conntrack, facts) === 1;

/** Whether they share a link with the virtual addresses: then clients are there, too, or their way in. */
function byLink(reals: readonly string[], facts: Facts) {
  const links = facts.links.ok ? facts.links.value : [];
  const outside = new Set(
    vipsOf(facts.virtuals).flatMap((vip) => segmentsOf(vip, links).map(({ name }) => name)),
  );
  const isShared = (real: string): boolean => {
    const way = wayTo(real, facts);
    return way?.kind === "through" && outside.has(way.device);
  };
  return {
    shared: reals.filter(isShared),
    apart: reals.filter((real) => !isShared(real)),
  };
}

const gatewayUnseen = (reals: readonly string[]): Outcome =>
  unseen(`whether this director is the gateway of ${listed(reals)}`, "only they know", {
    on: "the real servers",
    commands: ["ip route get CLIENT  # via: an address of this director"],
  });

const untrackedRewrite: Rule = {
  id: "full-nat-conntrack",
  severity: "fault",
  finds: `masq, and a rule that rewrites IPVS's senders, with ${conntrack} off`,
  why: "the firewall does not see IPVS's connections, so the rule does nothing",
  look: (facts) => trackingFor(facts, isForIpvs),
};

const untrackedState: Rule = {
  id: "conntrack",
  severity: "advice",
  finds: `masq, and a firewall that asks for the state of connections, with ${conntrack} off`,
  why: "to such rules IPVS's packets belong to no connection, and they are dropped or let through by chance",
  look: (facts) => trackingFor(facts, (firewall) => firewall.asksForState && !isForIpvs(firewall)),
};

const isForIpvs = ({ rewrites }: FirewallRules): boolean =>
  rewrites.some((rewrite) => rewrite.isForIpvs);

function trackingFor(
  facts: Facts,
  isWanted: (firewall: FirewallRules) => boolean,
): readonly Outcome[] {
  if (translated(facts).length === 0) return [];
  return whenSeen(facts.firewall, "the rules of the firewall", (firewall) => {
    if (!isWanted(firewall)) return [];
    const value = sysctlOf(conntrack, facts);
    if (value === undefined)
      return [unseen(conntrack, "ip_vs is not loaded, or without conntrack")];
    return [value === 0 ? wrong(`${conntrack} is 0`, [trackCommand]) : fine(`${conntrack} is 1`)];
  });
}

export const translationRules: readonly Rule[] = [back, untrackedRewrite, untrackedState];
