import { expect, test } from "vitest";
import { spread } from "../../lab/client.ts";
import { example } from "../../lab/director.ts";
import type { Lab } from "../../lab/lab.ts";
import { tellStory, tellTheEnd } from "../../lab/story.ts";
import { clientAddresses, directRouting, VIP } from "../../lab/topologies.ts";

const marks = [{ address: VIP, ports: [80, 443], mark: 5 }];

let asked = 0;

/** The mark is persistent: every request is a new client's, so that the weights show. */
async function askAsManyClients(lab: Lab, url: string, count: number) {
  const answers = [];
  for (let i = 0; i < count; i += 1) {
    answers.push(...(await lab.client.get(url, 1, clientAddresses[asked])));
    asked += 1;
  }
  return spread(answers);
}

const pages = { "/index.html": "Test Ldirectord, this is" };
const lab = tellStory({
  setting: {
    topology: directRouting([VIP], marks),
    servers: { ports: [80], tlsPorts: [443], pages },
  },
  file: example("fwmark.cf"),
  service: "FWM 5",
  settings: "wrr persistent 600",
  rs1: ["192.168.10.201:0", "Route 2", 2],
  rs2: ["192.168.10.202:0", "Route 1", 1],
  fallback: "127.0.0.1:80",
  urls: [`http://${VIP}/index.html`, `https://${VIP}/index.html`],
  says: (name) => `Test Ldirectord, this is ${name}`,
  ask: askAsManyClients,
});

test("both ports follow one client to one server", async () => {
  for (const from of clientAddresses.slice(asked, asked + 4)) {
    const plain = await lab().client.spread(`http://${VIP}/`, 3, from);
    const tls = await lab().client.spread(`https://${VIP}/`, 3, from);
    expect(Object.values(plain)).toEqual([3]);
    expect(tls).toEqual(plain);
  }
});

tellTheEnd(lab);
