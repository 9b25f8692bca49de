import { fileURLToPath } from "node:url";
import { describe } from "vitest";
import { isOriginal } from "../../lab/director.ts";
import { tellStory, tellTheEnd } from "../../lab/story.ts";
import { directRouting, VIP } from "../../lab/topologies.ts";

const seed = (name: string): string =>
  fileURLToPath(new URL(`../../support/fixtures/seed/${name}`, import.meta.url));

const marks = [{ address: VIP, ports: [80, 443], mark: 5 }];

// The original refuses both: comments after values, a typographic quote.
describe.skipIf(isOriginal)("a handbook's file for direct routing, as printed", () => {
  const lab = tellStory({
    setting: { topology: directRouting(), servers: { ports: [80] } },
    file: seed("dr.cf"),
    service: "TCP 192.168.10.101:80",
    settings: "wrr",
    rs1: ["192.168.10.201:80", "Route 1", 1],
    rs2: ["192.168.10.202:80", "Route 2", 2],
    fallback: "127.0.0.1:80",
    urls: [`http://${VIP}/`],
  });
  tellTheEnd(lab);
});

describe.skipIf(isOriginal)("a handbook's file for a firewall mark, as printed", () => {
  const lab = tellStory({
    setting: {
      topology: directRouting([VIP], marks),
      servers: {
        ports: [80],
        tlsPorts: [443],
        pages: { "/index.html": "Test Ldirectord, this is" },
      },
    },
    file: seed("fwmark.cf"),
    service: "FWM 5",
    settings: "wrr",
    rs1: ["192.168.10.201:80", "Route 2", 2],
    rs2: ["192.168.10.202:80", "Route 1", 1],
    fallback: "127.0.0.1:80",
    urls: [`http://${VIP}/`, `https://${VIP}/`],
  });
  tellTheEnd(lab);
});
