/** What IPVS does with connections whose server is gone. Linux, Documentation/networking/ipvs-sysctl.rst */
import type { VirtualService } from "../../model/virtual-service.ts";
import type { Facts } from "../facts.ts";
import { fine, type Rule, unseen, wrong } from "../rule.ts";
import { sysctlOf } from "../sysctl.ts";
import { isSyncAsked } from "./sync.ts";

/** A setting that had better be on, where a service is so. */
const betterOn = (
  name: string,
  isConcerned: (virtual: VirtualService, facts: Facts) => boolean,
  told: Pick<Rule, "finds" | "why">,
): Rule => ({
  id: name.replaceAll("_", "-"),
  severity: "advice",
  ...told,
  look: (facts) => {
    if (!facts.virtuals.some((virtual) => isConcerned(virtual, facts))) return [];
    const setting = `net.ipv4.vs.${name}`;
    const value = sysctlOf(setting, facts);
    if (value === undefined) return [unseen(setting, "ip_vs is not loaded, or too old for it")];
    const what = `${setting} is ${value}`;
    return [value === 0 ? wrong(what, [`sysctl -w ${setting}=1`]) : fine(what)];
  },
});

export const connectionRules: readonly Rule[] = [
  betterOn("expire_nodest_conn", ({ isQuiescent }, facts) => !isQuiescent && !isSyncAsked(facts), {
    finds: "quiescent=no, and connections to a server that was taken out are kept",
    why: "their clients hear nothing until they give up, instead of a reset at once",
  }),
  betterOn(
    "expire_quiescent_template",
    ({ isQuiescent, persistence }) => isQuiescent && persistence !== undefined,
    {
      finds: "quiescent=yes with persistent=, and a client is kept on a server of weight 0",
      why: "who was there before comes back to a dead server until the persistence ends",
    },
  ),
  betterOn("conn_reuse_mode", () => true, {
    finds: "a new connection from a port that was used before goes to the old server",
    why: "behind a busy NAT or proxy new connections go to servers that are down or of weight 0",
  }),
];
