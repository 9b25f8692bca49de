/** Each way to forward, in the network that it is for: the same story in all. */
import { describe } from "vitest";
import { example } from "../../lab/director.ts";
import type { LabSetting } from "../../lab/lab.ts";
import { type Story, tellStory, tellTheEnd } from "../../lab/story.ts";
import {
  directRouting,
  directRoutingAcrossNetworks,
  translation,
  tunnels,
} from "../../lab/topologies.ts";

interface Way extends Pick<Story, "settings" | "rs1" | "rs2"> {
  readonly name: string;
  readonly setting: LabSetting;
  /** Of examples/. */
  readonly file: string;
}

const web = { servers: { ports: [80] } };

const ways: readonly Way[] = [
  {
    name: "direct routing",
    setting: { topology: directRouting(), ...web },
    file: "dr.cf",
    settings: "wrr",
    rs1: ["192.168.10.201:80", "Route 1", 1],
    rs2: ["192.168.10.202:80", "Route 2", 2],
  },
  {
    name: "direct routing across networks",
    setting: { topology: directRoutingAcrossNetworks(), ...web },
    file: "dr-routed.cf",
    settings: "wrr",
    rs1: ["192.168.10.201:80", "Route 1", 1],
    rs2: ["192.168.10.202:80", "Route 2", 2],
  },
  {
    name: "tunnels",
    setting: { topology: tunnels(), ...web },
    file: "tun.cf",
    settings: "wrr",
    rs1: ["192.168.20.201:80", "Tunnel 1", 1],
    rs2: ["192.168.20.202:80", "Tunnel 2", 2],
  },
  {
    name: "translation",
    setting: { topology: translation(), servers: { ports: [8080] }, sorry: { ports: [80] } },
    file: "nat.cf",
    settings: "rr",
    rs1: ["10.0.0.11:8080", "Masq 1", 1],
    rs2: ["10.0.0.12:8080", "Masq 1", 1],
  },
];

describe.each(ways)("$name", ({ file, ...way }) => {
  const lab = tellStory({
    ...way,
    file: example(file),
    service: "TCP 192.168.10.101:80",
    fallback: "127.0.0.1:80",
    urls: ["http://192.168.10.101/"],
  });
  tellTheEnd(lab);
});
