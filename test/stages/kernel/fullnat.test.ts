/** FULLNAT as a mainline kernel does it: masq, and a rule that puts the director in the sender's place. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { example } from "../../lab/director.ts";
import { Lab } from "../../lab/lab.ts";
import { tellStory, tellTheEnd } from "../../lab/story.ts";
import { translationOfBoth, VIP } from "../../lab/topologies.ts";

const web = { servers: { ports: [8080] }, sorry: { ports: [80] } };
const both = { "10.0.0.11:8080": "Masq 1", "10.0.0.12:8080": "Masq 1" };

describe("with the rule", () => {
  const lab = tellStory({
    setting: { topology: translationOfBoth(), ...web },
    file: example("fullnat.cf"),
    service: `TCP ${VIP}:80`,
    settings: "rr",
    rs1: ["10.0.0.11:8080", "Masq 1", 1],
    rs2: ["10.0.0.12:8080", "Masq 1", 1],
    fallback: "127.0.0.1:80",
    urls: [`http://${VIP}/`],
  });

  test("a real server sees the director's address for every client's", async () => {
    expect(await lab().client.spread(`http://${VIP}/sender`, 4)).toEqual({
      "::ffff:10.0.0.1 rs1": 2,
      "::ffff:10.0.0.1 rs2": 2,
    });
  });
  tellTheEnd(lab);
});

describe("without it", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.open({ topology: translationOfBoth([]), ...web });
    lab.startDaemon(example("fullnat.cf"));
  });
  afterAll(() => lab?.close());

  test("answers go past the director, and no client can use them", async () => {
    await lab.untilServers(`TCP ${VIP}:80`, both);
    const answers = await lab.client.get(`http://${VIP}/`, 1);
    expect(answers[0]?.body).toBeUndefined();
  });
});
