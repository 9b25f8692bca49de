import { describe } from "vitest";
import { example } from "../../lab/director.ts";
import { tellStory, tellTheEnd } from "../../lab/story.ts";
import { directRoutingIpv6, translationIpv6 } from "../../lab/topologies.ts";

describe("direct routing over IPv6", () => {
  const lab = tellStory({
    setting: { topology: directRoutingIpv6(), servers: { ports: [80] } },
    file: example("ipv6-dr.cf"),
    service: "TCP [fd00:10::101]:80",
    settings: "wrr",
    rs1: ["[fd00:10::201]:80", "Route 1", 1],
    rs2: ["[fd00:10::202]:80", "Route 2", 2],
    fallback: "[::1]:80",
    urls: ["http://[fd00:10::101]/"],
  });
  tellTheEnd(lab);
});

describe("address translation over IPv6", () => {
  const lab = tellStory({
    setting: { topology: translationIpv6(), servers: { ports: [8080] }, sorry: { ports: [80] } },
    file: example("ipv6-nat.cf"),
    service: "TCP [fd00:10::101]:80",
    settings: "rr",
    rs1: ["[fd00:20::11]:8080", "Masq 1", 1],
    rs2: ["[fd00:20::12]:8080", "Masq 1", 1],
    fallback: "[::1]:80",
    urls: ["http://[fd00:10::101]/"],
  });
  tellTheEnd(lab);
});
