import type { FirewallRules } from "./facts.ts";

/**
 * @param text what `iptables-save` or `nft list ruleset` prints; several of them may follow each other. A rule for some
 *   senders alone is passed over: clients come from anywhere.
 */
export function firewallRules(text: string): FirewallRules {
  const lines = text.split("\n");
  const rewrites = lines.filter(
    (line) =>
      /-j (MASQUERADE|SNAT)\b/.test(line) ||
      /\b(masquerade|snat( ip6?)? to)\b/.test(line) ||
      /xt target "(MASQUERADE|SNAT)"/.test(line),
  );
  return {
    rewritesSender: rewrites.some((line) => !isForSomeSenders(line)),
    asksForState: lines.some((line) => /--(ctstate|state)\b|\bct state\b/.test(line)),
  };
}

/** `! -s` and `ip saddr != …` are for nearly all. */
const isForSomeSenders = (line: string): boolean =>
  /(?<!! )-s \S/.test(line) || /\bip6? saddr (?!!=)/.test(line);
