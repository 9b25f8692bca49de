/** Recipe a of docs/high-availability.md: keepalived decides who has the addresses, our daemon looks after the servers. */
import { afterAll, afterEach, beforeAll, describe, test } from "vitest";
import { KeepalivedAlone, KeepalivedAndOurs } from "../../lab/ha/keepalived.ts";
import { Pair } from "../../lab/ha/pair.ts";
import type { Recipe } from "../../lab/ha/recipe.ts";
import { pairByDirectRouting, pairByTranslation } from "../../lab/ha/topologies.ts";
import { tryTrouble } from "../../lab/ha/trial.ts";
import { troubles } from "../../lab/ha/troubles.ts";
import { say } from "../../lab/say.ts";

describe.each(["dr", "nat"] as const)("%s", (mode) => {
  let lab: Pair;
  let recipe: Recipe | undefined;
  beforeAll(async () => {
    lab = await Pair.open(mode === "dr" ? pairByDirectRouting() : pairByTranslation());
  });
  afterEach(({ task }) => {
    if (task.result?.state === "fail") say(recipe?.report() ?? "");
  });
  afterAll(async () => {
    await lab?.close();
  });

  test.for(troubles.filter((it) => it.modes.includes(mode)))("$name", async (trouble) => {
    const recipes = [
      new KeepalivedAlone(lab, mode),
      ...(process.env["LAB_OURS"] ? [new KeepalivedAndOurs(lab, mode)] : []),
    ];
    for (const each of recipes) {
      recipe = each;
      await lab.reboot();
      await recipe.start("director1");
      const measure = await tryTrouble(lab, recipe, "director1", trouble);
      say(`${mode} ${trouble.name} ${recipe.name}: ${JSON.stringify(measure)}`);
      if (process.env["LAB_SHOW"]) say(recipe.report());
    }
  });
});
