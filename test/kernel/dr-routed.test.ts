import { example } from "../lab/director.ts";
import { tellStory, tellTheEnd } from "../lab/story.ts";
import { directRoutingAcrossNetworks } from "../lab/topologies.ts";

const lab = tellStory({
  setting: { topology: directRoutingAcrossNetworks(), servers: { ports: [80] } },
  file: example("dr-routed.cf"),
  service: "TCP 192.168.10.101:80",
  settings: "wrr",
  rs1: ["192.168.10.201:80", "Route 1", 1],
  rs2: ["192.168.10.202:80", "Route 2", 2],
  fallback: "127.0.0.1:80",
  urls: ["http://192.168.10.101/"],
});
tellTheEnd(lab);
