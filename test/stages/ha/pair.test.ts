/** What docs/high-availability.md says of a pair that lasts: the spare knows what the active one knows; and of one that is cut in two. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { KeepalivedAndOurs } from "../../lab/ha/keepalived.ts";
import { measureOf } from "../../lab/ha/measure.ts";
import { directorNames, Pair } from "../../lab/ha/pair.ts";
import { pairByDirectRouting, pairVips } from "../../lab/ha/topologies.ts";
import { usualTraffic } from "../../lab/ha/traffic.ts";
import { seeded } from "../../lab/random.ts";
import { say } from "../../lab/say.ts";
import { pause, until } from "../../lab/until.ts";

const [vip] = pairVips;

/** checkinterval and checktimeout of the example, and what a machine of one processor is late by. */
const settledMs = 1000 + 3000 + 1000;

describe.runIf(process.env["LAB_HA"] === "full")("a pair", () => {
  let lab: Pair;
  let recipe: KeepalivedAndOurs;

  beforeAll(async () => {
    lab = await Pair.open(pairByDirectRouting());
  });
  afterEach(({ task }) => {
    if (task.result?.state === "fail") say(recipe.report());
  });
  afterAll(async () => {
    await lab?.close();
  });

  test("at 100 random moments of a busy lab both tables are the same, and the spare says nothing", {
    timeout: 900_000,
  }, async () => {
    recipe = new KeepalivedAndOurs(lab, "dr");
    await lab.reboot();
    await recipe.start("director1");
    await lab.traffic.begin({ ...usualTraffic(vip), everyMs: 20, connections: 0 });
    const random = seeded(11);
    const serves = { rs1: true, rs2: true };
    const act = async (): Promise<string> => {
      const name = random() < 0.5 ? "rs1" : "rs2";
      if (random() < 0.7) {
        serves[name] = !serves[name];
        await (serves[name] ? lab[name].serve(80) : lab[name].refuse(80));
        return `${name} ${serves[name] ? "serves" : "refuses"}`;
      }
      const weight = `${1 + Math.floor(random() * 9)}`;
      const address = name === "rs1" ? "192.168.10.201" : "192.168.10.202";
      for (const each of directorNames) {
        await lab.directors[each].run("ldirectorctl", "weight", address, weight);
      }
      return `${name} has weight ${weight}`;
    };
    const tables = new Set<string>();
    for (let moments = 0; moments < 100; ) {
      const what = await act();
      await pause(settledMs);
      // Some at each state, at moments that know nothing of the checks'.
      for (let i = 0; i < 5; i += 1, moments += 1) {
        await pause(random() * 400);
        const [one, two] = await Promise.all(directorNames.map((it) => recipe.savedTable(it)));
        expect(one, `after ${what}`).toEqual(two);
        tables.add(JSON.stringify(one));
      }
    }
    await lab.traffic.end();
    // They were not the same because nothing happened.
    expect(tables.size).toBeGreaterThan(5);
    expect((await recipe.mails("director1")).length).toBeGreaterThan(5);
    expect(await recipe.mails("director2")).toEqual([]);
    await Promise.all([lab.rs1.serve(80), lab.rs2.serve(80)]);
  });

  test.for([
    ["director1", "the one with the lower address"],
    ["director2", "the one with the higher address"],
  ] as const)(
    "split brain while %s is active, %s: it heals by itself",
    {
      timeout: 300_000,
    },
    async ([first]) => {
      recipe = new KeepalivedAndOurs(lab, "dr");
      await lab.reboot();
      await recipe.start(first);
      await lab.traffic.begin(usualTraffic(vip));
      await pause(3000);
      const cutAt = Date.now();
      await lab.network.cut(directorNames, "eth0", "cut");
      const holders = (count: number) =>
        until(
          () => lab.holders(vip),
          ({ length }) => length === count,
          `${count} of them have the address`,
        );
      await holders(2);
      await pause(5000);
      const joinedAt = Date.now();
      await lab.network.cut(directorNames, "eth0", "joined");
      expect(await holders(1)).toEqual(["director2"]);
      const healedMs = Date.now() - joinedAt;
      await pause(5000);
      const traffic = await lab.traffic.end();
      say(
        `split brain of ${first}: healed after ${healedMs} ms; ${JSON.stringify(measureOf(traffic, cutAt))}`,
      );
      const { broken, failed, of } = measureOf(traffic, cutAt);
      expect(broken).toBe(0);
      expect(failed).toBeLessThan(of / 20);
      await recipe.untilSynced("director1", "backup");
      await recipe.untilSynced("director2", "master");
    },
  );
});
