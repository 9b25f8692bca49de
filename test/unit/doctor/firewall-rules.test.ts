import { expect, test } from "vitest";
import { firewallRules } from "../../../src/doctor/firewall-rules.ts";

test.for<[line: string, rewritesSender: boolean]>([
  ["-A POSTROUTING -m ipvs --vmethod MASQ -j MASQUERADE", true],
  ["-A POSTROUTING -o eth1 -j SNAT --to-source 10.0.0.1", true],
  ["-A POSTROUTING ! -s 10.0.0.0/24 -o eth1 -j MASQUERADE", true],
  ["-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE", false],
  ['\t\toifname "eth1" masquerade', true],
  ["\t\tsnat to 10.0.0.1", true],
  ['\t\txt match "ipvs" counter packets 0 bytes 0 xt target "MASQUERADE"', true],
  ["\t\tip saddr 172.17.0.0/16 masquerade", false],
  ["\t\tip saddr != 10.0.0.0/24 masquerade", true],
  ["-A PREROUTING -j DNAT --to-destination 10.0.0.1", false],
  ["", false],
])("%s", ([line, rewritesSender]) => {
  expect(firewallRules(`*nat\n${line}\nCOMMIT\n`)).toEqual({ rewritesSender, asksForState: false });
});

test.for(["-A INPUT -m conntrack --ctstate INVALID -j DROP", "\t\tct state invalid drop"])(
  "%s asks for a state",
  (line) => {
    expect(firewallRules(line).asksForState).toBe(true);
  },
);
