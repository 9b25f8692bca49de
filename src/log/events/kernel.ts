import { event } from "./event.ts";
import { count, optional, word } from "./fields.ts";

/** Whoever ordered it; without it, the file did. */
const by = optional(word);
const byWhom = (f: { readonly by: string | undefined }): string =>
  f.by === undefined ? "" : ` (ordered by ${f.by})`;

export const kernelEvents = {
  "sync-started": event({
    id: "07c01059c1ae4508a234aa8cf9f00d4a",
    severity: "notice",
    fields: { state: word, interface: word, syncId: count, by },
    text: (f) =>
      `Started the IPVS sync daemon as ${f.state} on ${f.interface}, id ${f.syncId}${byWhom(f)}`,
    subject: "The kernel's sync daemon was started",
    meaning: `As @STATE@ on @INTERFACE@ with id @SYNC_ID@. A master tells other directors of the connections there are,
      a backup hears them.`,
    remedy: "Nothing to do. `ldirectorctl sync` shows what runs.",
  }),
  "sync-stopped": event({
    id: "69c82e03997545efb16839b37c31f443",
    severity: "notice",
    fields: { state: word, by },
    text: (f) => `Stopped the IPVS sync daemon as ${f.state}${byWhom(f)}`,
    subject: "The kernel's sync daemon was stopped",
    meaning: `The one that ran as @STATE@: the file does not ask for it so any more, the daemon has ended, or somebody
      ordered it. Another director can not go on with connections that it has not been told of.`,
    remedy: "If that was not meant: `[sync]` in ldirectord-ng.ini, and reload.",
  }),
  "timeouts-set": event({
    id: "4da778ebd6ba4188b18fffe81ed98bef",
    severity: "notice",
    fields: { tcp: count, tcpFin: count, udp: count, by },
    text: (f) =>
      `Set the IPVS timeouts: tcp ${f.tcp} s, tcp-fin ${f.tcpFin} s, udp ${f.udp} s${byWhom(f)}`,
    subject: "The kernel's timeouts were set",
    meaning: `IPVS forgets a quiet TCP connection after @TCP@ seconds, one whose end has begun after @TCP_FIN@, one of
      UDP after @UDP@.`,
    remedy: "Nothing to do.",
  }),
  "kernel-setting-failed": event({
    id: "4c0aebfda79c43478624aabe02772d0d",
    severity: "error",
    fields: { cause: word },
    text: (f) => `Can not ${f.cause}`,
    subject: "The kernel did not take a setting",
    meaning: `What \`[sync]\` or \`[timeouts]\` in ldirectord-ng.ini asks for could not be done: @CAUSE@. The table and the
      checks have nothing to do with it.`,
    remedy: `ENODEV: there is no such interface. ENETUNREACH or EADDRNOTAVAIL: it has no address, or is not up. EPERM: the
      daemon lacks CAP_NET_ADMIN. Mend it, then reload: it is tried again.`,
  }),
};
