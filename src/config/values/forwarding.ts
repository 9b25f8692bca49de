import { forwardingFor, isFullNat } from "../text/other-words.ts";
import { suggestion } from "../text/suggestion.ts";
import { forwardingMethods } from "../text/words.ts";

/** What no mainline kernel has, by what every one has. The rule is for the addresses of IPVS's own connections alone. */
const fullNatHere =
  "; write masq, and on the director: sysctl -w net.ipv4.vs.conntrack=1; " +
  "iptables -t nat -A POSTROUTING -m ipvs --vmethod masq -j MASQUERADE (examples/fullnat.cf)";

/** The end of a message about a word that is no forwarding method: which one it should have been. */
export function forwardingHint(word: string): string {
  if (isFullNat(word)) return fullNatHere;
  const meant = forwardingFor(word);
  if (meant !== undefined) return `; write ${meant}`;
  return suggestion(word, forwardingMethods) || "; it is gate, masq or ipip";
}
