/** The kernel's sync daemons, as `[sync]` and the role of this director ask for them. Linux, ip_vs_sync.c */
import { isSyncAs, type SyncDaemon, syncStates } from "../../ipvs/sync-daemon.ts";
import { familyOf } from "../../model/address.ts";
import { wantedSync } from "../../role/wanted-sync.ts";
import type { Facts } from "../facts.ts";
import { heldRoles } from "../role.ts";
import { fine, type Outcome, type Rule, unseen, whenSeen, wrong } from "../rule.ts";
import { sysctlOf } from "../sysctl.ts";

/** Whether the file asks for any, now or in another role. */
export const isSyncAsked = ({ ini: { sync } }: Facts): boolean =>
  sync?.start !== undefined && sync.start.word !== "off";

const daemonText = ({ state, interface: name, id }: SyncDaemon): string =>
  `the sync daemon as ${state} on ${name}, id ${id}`;

function startCommand({ state, interface: name, id, maxBytes, group, port, ttl }: SyncDaemon) {
  const more = { maxlen: maxBytes, group, port, ttl };
  const options = Object.entries(more).flatMap(([option, value]) =>
    value === undefined ? [] : [`--${option} ${value}`],
  );
  return ["ldirectorctl sync start", state, `--interface ${name} --id ${id}`, ...options].join(" ");
}

const daemon: Rule = {
  id: "sync-daemon",
  severity: "fault",
  finds: "a sync daemon does not run as `[sync]` and the role ask",
  why: "the other director does not know the connections, and they break when it takes over",
  look: (facts) => {
    const { sync } = facts.ini;
    if (!isSyncAsked(facts)) return [];
    const what = "whether the sync daemons run as asked";
    return whenSeen(facts.syncDaemons, what, (running) =>
      whenSeen(heldRoles(facts), what, (roles) =>
        syncStates.flatMap((state): Outcome[] => {
          const wanted = wantedSync(sync, state, roles);
          const found = running.find((each) => each.state === state);
          const stop = `ldirectorctl sync stop ${state}`;
          if (wanted === undefined) {
            if (found === undefined || sync?.start?.word !== "role") return [];
            const told = `${daemonText(found)} runs, and the role of this director does not ask for it`;
            return [wrong(told, [stop])];
          }
          if (found === undefined) {
            return [wrong(`${daemonText(wanted)} does not run`, [startCommand(wanted)])];
          }
          if (isSyncAs(found, wanted)) return [fine(`${daemonText(wanted)} runs`)];
          const told = `${daemonText(wanted)} is asked for, and ${daemonText(found)} runs otherwise`;
          return [wrong(told, [stop, startCommand(wanted)])];
        }),
      ),
    );
  },
};

const device: Rule = {
  id: "sync-interface",
  severity: "fault",
  finds: "the interface of `[sync]` is not there, is down, or has no address",
  why: "the sync daemon does not start, or nobody hears it",
  look: (facts) => {
    const { interface: name, group } = facts.ini.sync ?? {};
    if (!isSyncAsked(facts) || name === undefined) return [];
    return whenSeen(facts.links, `whether connections can be told by ${name}`, (links) => {
      const link = links.find((each) => each.name === name);
      if (link === undefined) {
        return [
          wrong(`[sync] interface = ${name}, and there is none`, ["ip link  # write one of these"]),
        ];
      }
      if (!link.isUp) return [wrong(`${name} is down`, [`ip link set ${name} up`])];
      const family = group === undefined ? 4 : familyOf(group);
      if (!link.addresses.some(({ address }) => familyOf(address) === family)) {
        return [
          wrong(`${name} has no address of IPv${family}`, [`ip addr add ADDRESS dev ${name}`]),
        ];
      }
      return [fine(`connections can be told by ${name}`)];
    });
  },
};

const oneWay: Rule = {
  id: "sync-one-way",
  severity: "advice",
  finds: "`[role]` moves, and `[sync] start` is master or backup for good",
  why: "after a move, or on both directors at once, one side tells and nobody hears it",
  look: (facts) => {
    const word = facts.ini.sync?.start?.word;
    if (facts.ini.role?.follow === undefined || !isSyncAsked(facts)) return [];
    const what = `[sync] start = ${word}`;
    if (word !== "master" && word !== "backup") return [fine(what)];
    return [wrong(what, ["# in ldirectord-ng.ini: [sync] start = role", "ldirectorctl reload"])];
  },
};

const fromFirst = 'sysctl -w net.ipv4.vs.sync_threshold="0 0" net.ipv4.vs.sync_refresh_period=10';

const quiet: Rule = {
  id: "sync-threshold",
  severity: "advice",
  finds: "connections are told to the other director late, or never while they say little",
  why: "one that has sent fewer packets than the threshold breaks when the other takes over",
  look: (facts) => {
    if (!isSyncAsked(facts) || facts.ini.sync?.start?.word === "backup") return [];
    const [threshold, refresh] = ["sync_threshold", "sync_refresh_period"].map((name) =>
      facts.sysctls.get(`net.ipv4.vs.${name}`),
    );
    const [least, period] = (threshold ?? "").split(/\s+/).map(Number);
    if (threshold === undefined || refresh === undefined) {
      return [unseen("net.ipv4.vs.sync_threshold", "ip_vs is not loaded, or too old for it")];
    }
    const what = `net.ipv4.vs.sync_threshold is "${least} ${period}", sync_refresh_period ${refresh}`;
    // 0 packets, of each 0: when its state changes, and when the refresh is due; "0 1": at each packet.
    const isFromFirst = least === 0 && (period === 1 || (period === 0 && Number(refresh) > 0));
    return [isFromFirst ? fine(what) : wrong(what, [fromFirst])];
  },
};

const noServer = "net.ipv4.vs.expire_nodest_conn";

/** Without `[sync]` it had better be on: connections.ts. */
const resets: Rule = {
  id: "sync-resets",
  severity: "advice",
  finds:
    "connections are told to the other director, and this one resets those whose server it took out",
  why: "a director that loses its way to the servers breaks what the other could go on with",
  look: (facts) => {
    const value = isSyncAsked(facts) ? sysctlOf(noServer, facts) : undefined;
    if (value === undefined) return [];
    const what = `${noServer} is ${value}`;
    return [value === 0 ? fine(what) : wrong(what, [`sysctl -w ${noServer}=0`])];
  },
};

export const syncRules: readonly Rule[] = [daemon, device, oneWay, quiet, resets];
