import { example } from "../lab/director.ts";
import { tellStory, tellTheEnd } from "../lab/story.ts";
import { tunnels } from "../lab/topologies.ts";

const lab = tellStory({
  setting: { topology: tunnels(), servers: { ports: [80] } },
  file: example("tun.cf"),
  service: "TCP 192.168.10.101:80",
  settings: "wrr",
  rs1: ["192.168.20.201:80", "Tunnel 1", 1],
  rs2: ["192.168.20.202:80", "Tunnel 2", 2],
  fallback: "127.0.0.1:80",
  urls: ["http://192.168.10.101/"],
});
tellTheEnd(lab);
