import type { FirewallRules, Rewrite } from "./facts.ts";

/**
 * @param text what `iptables-save` or `nft list ruleset` prints; several of them may follow each other. A rule that
 *   rewrites some senders alone is passed over: clients come from anywhere.
 */
export function firewallRules(text: string): FirewallRules {
  const lines = text.split("\n");
  return {
    rewrites: lines.filter((line) => isRewrite(line) && !isForSomeSenders(line)).map(rewriteOf),
    asksForState: lines.some((line) => /--(ctstate|state)\b|\bct state\b/.test(line)),
  };
}

const isRewrite = (line: string): boolean =>
  /-j (MASQUERADE|SNAT)\b|\bmasquerade\b|\bsnat( ip6?)? to\b|xt target "(MASQUERADE|SNAT)"/.test(
    line,
  );

/** `! -s` and `ip saddr != …` are for nearly all. */
const isForSomeSenders = (line: string): boolean =>
  /(?<!! )-s \S/.test(line) || /\bip6? saddr (?!!=)/.test(line);

function rewriteOf(line: string): Rewrite {
  const [, device] =
    /(?<!! )-o (\S+)|\boif(?:name)? "?([\w.@-]+)/.exec(line)?.filter(Boolean) ?? [];
  return {
    isForIpvs: /-m ipvs\b|xt match "ipvs"/.test(line),
    ...(device === undefined ? {} : { device }),
  };
}
