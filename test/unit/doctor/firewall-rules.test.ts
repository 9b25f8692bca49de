import { expect, test } from "vitest";
import type { Rewrite } from "../../../src/doctor/facts.ts";
import { firewallRules } from "../../../src/doctor/firewall-rules.ts";

test.for<[line: string, rewrite?: Rewrite]>([
  ["-A POSTROUTING -m ipvs --vmethod MASQ -j MASQUERADE", { isForIpvs: true }],
  ["-A POSTROUTING -o eth1 -j SNAT --to-source 10.0.0.1", { isForIpvs: false, device: "eth1" }],
  ["-A POSTROUTING ! -s 10.0.0.0/24 -o eth+ -j MASQUERADE", { isForIpvs: false, device: "eth+" }],
  ["-A POSTROUTING ! -o lo -j MASQUERADE", { isForIpvs: false }],
  ["-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE"],
  ['\t\toifname "eth0.100" masquerade', { isForIpvs: false, device: "eth0.100" }],
  ["\t\toif eth1 snat to 10.0.0.1", { isForIpvs: false, device: "eth1" }],
  ['\t\toifname { "eth1", "eth2" } masquerade', { isForIpvs: false }],
  ['\t\toifname != "lo" snat ip to 10.0.0.1', { isForIpvs: false }],
  ['\t\txt match "ipvs" counter packets 0 bytes 0 xt target "MASQUERADE"', { isForIpvs: true }],
  ["\t\tip saddr 172.17.0.0/16 masquerade"],
  ["\t\tip saddr != 10.0.0.0/24 masquerade", { isForIpvs: false }],
  ["-A PREROUTING -j DNAT --to-destination 10.0.0.1"],
  [""],
])("%s", ([line, rewrite]) => {
  const rewrites = rewrite === undefined ? [] : [rewrite];
  expect(firewallRules(`*nat\n${line}\nCOMMIT\n`)).toEqual({ rewrites, asksForState: false });
});

test.for(["-A INPUT -m conntrack --ctstate INVALID -j DROP", "\t\tct state invalid drop"])(
  "%s asks for a state",
  (line) => {
    expect(firewallRules(line).asksForState).toBe(true);
  },
);
