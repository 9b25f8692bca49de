import { example } from "../lab/director.ts";
import { tellStory, tellTheEnd } from "../lab/story.ts";
import { translation } from "../lab/topologies.ts";

const lab = tellStory({
  setting: { topology: translation(), servers: { ports: [8080] }, sorry: { ports: [80] } },
  file: example("nat.cf"),
  service: "TCP 192.168.10.101:80",
  settings: "rr",
  rs1: ["10.0.0.11:8080", "Masq 1", 1],
  rs2: ["10.0.0.12:8080", "Masq 1", 1],
  fallback: "127.0.0.1:80",
  urls: ["http://192.168.10.101/"],
});
tellTheEnd(lab);
