/**
 * Recipe a of docs/high-availability.md: keepalived decides who has the addresses, our daemon looks after the servers.
 * What every change is tried with; LAB_HA=full has the whole table (table.test.ts) and the rest of the page's claims.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { KeepalivedAndOurs } from "../../lab/ha/keepalived.ts";
import { Pair } from "../../lab/ha/pair.ts";
import { pairByDirectRouting, pairByTranslation, pairVips } from "../../lab/ha/topologies.ts";
import { tryTrouble } from "../../lab/ha/trial.ts";
import { killOfEverything, orderlyStop } from "../../lab/ha/troubles.ts";
import { say } from "../../lab/say.ts";
import { until } from "../../lab/until.ts";

const [vip] = pairVips;

describe.each(["dr", "nat"] as const)("%s", (mode) => {
  let lab: Pair;
  let recipe: KeepalivedAndOurs;

  beforeAll(async () => {
    lab = await Pair.open(mode === "dr" ? pairByDirectRouting() : pairByTranslation());
    recipe = new KeepalivedAndOurs(lab, mode);
    await recipe.start("director1");
  });
  afterEach(({ task }) => {
    if (task.result?.state === "fail") say(recipe.report());
  });
  afterAll(async () => {
    await lab?.close();
  });

  const untilMails = (director: "director1" | "director2", count: number) =>
    until(
      () => recipe.mails(director),
      (mails) => mails.length === count,
      `${count} mails from ${director}`,
    );

  test("a server dies: both take it out, and the active one alone tells", async () => {
    await lab.rs2.kill();
    await Promise.all([recipe.untilRows("director1", 4), recipe.untilRows("director2", 4)]);
    // One for each virtual service.
    const mails = await untilMails("director1", 2);
    expect(mails.join("\n")).toContain(`(${vip}:80)`);
    await lab.rs2.restart();
    await Promise.all([recipe.untilRows("director1", 6), recipe.untilRows("director2", 6)]);
    await untilMails("director1", 4);
    expect(await recipe.mails("director2")).toEqual([]);
  });

  test("the active one is stopped in order: no connection breaks", async () => {
    const measure = await tryTrouble(lab, recipe, "director1", orderlyStop);
    say(`${mode}, ${orderlyStop.name}: ${JSON.stringify(measure)}`);
    expect(measure).toMatchObject({ broken: 0, connections: 50 });
    // What is on its way at that moment, and not yet told to the other.
    expect(measure.failed).toBeLessThan(10);
    expect(measure.of).toBeGreaterThan(1000);
    expect(await lab.holders(vip)).toEqual(["director2"]);
  });

  test("then alerts come from the other, which knew all that is up", async () => {
    await recipe.untilSynced("director2", "master");
    await lab.rs1.kill();
    await untilMails("director2", 2);
    await lab.rs1.restart();
    await untilMails("director2", 4);
  });

  test("the first one comes back, and the other dies: kill -9 of all", async () => {
    await recipe.startAgain("director1");
    expect(await lab.holders(vip)).toEqual(["director2"]);
    const measure = await tryTrouble(lab, recipe, "director2", killOfEverything);
    say(`${mode}, ${killOfEverything.name}: ${JSON.stringify(measure)}`);
    expect(measure).toMatchObject({ broken: 0, connections: 50 });
    expect(measure.seconds).toBeLessThan(6);
    expect(await lab.holders(vip)).toContain("director1");
  });
});
