/** Who has the virtual addresses. */
import { familyOf } from "../../model/address.ts";
import type { Claim, Facts } from "../facts.ts";
import { isSpareOf } from "../role.ts";
import { fine, type Outcome, type Rule, unseen, whenSeen, wrong } from "../rule.ts";
import {
  holdersOf,
  isOwn,
  linksToward,
  segmentsOf,
  servicesOf,
  sharersOf,
  standsBehind,
  vipsOf,
} from "../services.ts";

const missing: Rule = {
  id: "vip-missing",
  severity: "fault",
  finds:
    "no interface of this director has a virtual address (right on a standby, and not told where `[role]` says that it is one)",
  why: "packets for it never reach IPVS here",
  look: (facts) =>
    vipsOf(facts.virtuals).flatMap((vip) =>
      whenSeen(facts.ways, `whether ${vip} is on this director`, (known) => {
        const links = facts.links.ok ? facts.links.value : [];
        const holders = holdersOf(vip, links);
        const [holder] = holders;
        // To this host itself the address of a link that is down is still its own.
        if (holder !== undefined && !holders.some(({ isUp }) => isUp)) {
          const what = `${vip} is on ${holder.name}, which is down`;
          return [wrong(what, [`ip link set ${holder.name} up`])];
        }
        if (known.get(vip)?.kind === "own") return [fine(`${vip} is on this director`)];
        const spare = isSpareOf(vip, facts);
        if (!spare.ok) return [unseen(`whether ${vip} should be on this director`, spare.error)];
        if (spare.value) return [fine(`${vip} is not on this director, which is a spare`)];
        const device = linksToward(vip, links)[0]?.name ?? "eth0";
        const add = `ip addr add ${vip}/${familyOf(vip) === 4 ? 32 : 128} dev`;
        const isRealServer = sharersOf(servicesOf(vip, facts.virtuals)).some((it) =>
          isOwn(it, facts),
        );
        const command = isRealServer
          ? `${add} lo  # as its real server; as its director: dev ${device}`
          : `${add} ${device}`;
        return [wrong(`${vip} is on no interface of this director`, [command])];
      }),
    ),
};

/** Virtual addresses that this host answers for now; those of others are the others' to examine. */
const heldVips = (facts: Facts): readonly string[] =>
  vipsOf(facts.virtuals).filter(
    (vip) =>
      facts.links.ok && holdersOf(vip, facts.links.value).length > 0 && !standsBehind(vip, facts),
  );

/** @param judge those who answered for the address */
function lookAtClaims(
  facts: Facts,
  vips: readonly string[],
  what: (vip: string) => string,
  judge: (vip: string, claims: readonly Claim[]) => readonly Outcome[],
): readonly Outcome[] {
  return vips.flatMap((vip) => {
    if (familyOf(vip) === 6)
      return [unseen(what(vip), "neighbours are asked by ARP, for IPv4 only")];
    return whenSeen(facts.claims, what(vip), (claims) => {
      const ours = claims.get(vip);
      if (ours !== undefined) return judge(vip, ours);
      const isNowhere = facts.links.ok && segmentsOf(vip, facts.links.value).length === 0;
      const why = isNowhere ? "no link of this director is on its network" : "it was not asked for";
      return [unseen(what(vip), why)];
    });
  });
}

const realServerOf = (vip: string, { knownAs }: Claim, { virtuals }: Facts): string | undefined =>
  sharersOf(servicesOf(vip, virtuals)).find((real) => knownAs.includes(real));

const twice: Rule = {
  id: "vip-twice",
  severity: "fault",
  finds: "another machine of the segment answers ARP for a virtual address",
  why: "clients and routers go to whichever of the two they heard last",
  look: (facts) =>
    lookAtClaims(
      facts,
      heldVips(facts),
      (vip) => `whether ${vip} is anywhere else on its segment`,
      (vip, claims) => {
        const others = claims.filter((claim) => realServerOf(vip, claim, facts) === undefined);
        if (others.length === 0) return [fine(`nobody else answers for ${vip}`)];
        return others.map(({ device, mac }) =>
          wrong(
            `${mac} on ${device} answers for ${vip}, too`,
            [`ip addr del ${vip}/32 dev DEVICE`],
            `the machine with ${mac}`,
          ),
        );
      },
    ),
};

const answering: Rule = {
  id: "real-answers-arp",
  severity: "fault",
  finds: "a real server (gate, ipip) answers ARP for a virtual address",
  why: "clients go to that one server past the director, and to a dead one when it dies",
  look: (facts) =>
    lookAtClaims(
      facts,
      heldVips(facts).filter((vip) => sharersOf(servicesOf(vip, facts.virtuals)).length > 0),
      (vip) => `whether real servers keep silent about ${vip}`,
      (vip, claims) => {
        const loud = claims.flatMap((claim) => realServerOf(vip, claim, facts) ?? []);
        if (loud.length === 0) return [fine(`no real server answers for ${vip}`)];
        return loud.map((real) =>
          wrong(`${real} answers for ${vip}`, silenceCommands, `the real server ${real}`),
        );
      },
    ),
};

/** For a real server that has the virtual address. */
const silenceCommands = [
  "sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2",
];

export const addressRules: readonly Rule[] = [missing, twice, answering];
