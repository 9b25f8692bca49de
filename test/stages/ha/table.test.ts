/** The table of docs/high-availability.md: every trouble, under traffic, with keepalived alone and with recipe a. Nightly, or by bench/ha.mjs. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { KeepalivedAlone, KeepalivedAndOurs } from "../../lab/ha/keepalived.ts";
import { answerThere, programsAtPace } from "../../lab/ha/pace.ts";
import { Pair } from "../../lab/ha/pair.ts";
import type { Recipe } from "../../lab/ha/recipe.ts";
import { pairByDirectRouting, pairByTranslation } from "../../lab/ha/topologies.ts";
import { type Trial, tryTrouble } from "../../lab/ha/trial.ts";
import { type Trouble, troubles } from "../../lab/ha/troubles.ts";
import { say } from "../../lab/say.ts";

/** Two runs of the same differ by so much: the machine has one processor. */
const noise = { failed: 100, seconds: 0.7 };
/** A request or two that fall into the move say when it was, not how long it took. */
const few = 5;

const isAsPlanned = ({ stallSeconds, saidSince }: Trial): boolean =>
  stallSeconds < 0.4 && saidSince === 0;

describe.runIf(process.env["LAB_HA"] === "full").each(["dr", "nat"] as const)("%s", (mode) => {
  let lab: Pair;
  let running: Recipe | undefined;

  beforeAll(async () => {
    const topology = mode === "dr" ? pairByDirectRouting() : pairByTranslation();
    lab = await Pair.open(topology, [80], programsAtPace);
    await answerThere(lab);
  });
  afterEach(({ task }) => {
    if (task.result?.state === "fail") say(running?.report() ?? "");
  });
  afterAll(async () => {
    await lab?.close();
  });

  /** Once more, while the machine stood still in it or the trouble came late, be it good or bad for whom it was. */
  async function measured(recipe: Recipe, trouble: Trouble): Promise<Trial> {
    running = recipe;
    let measure: Trial | undefined;
    for (let round = 0; round < 3 && !(measure && isAsPlanned(measure)); round += 1) {
      await lab.reboot();
      await recipe.start("director1");
      measure = await tryTrouble(lab, recipe, "director1", trouble);
      if (!isAsPlanned(measure)) say(`not as planned: ${JSON.stringify(measure)}`);
    }
    if (!measure) throw new Error("not measured");
    // A line of its own, for bench/ha.mjs.
    say(
      `ha-result ${JSON.stringify({ mode, trouble: trouble.name, recipe: recipe.name, ...measure })}`,
    );
    return measure;
  }

  test.for(troubles.filter(({ modes }) => modes.includes(mode)))("$name", async (trouble) => {
    const alone = await measured(new KeepalivedAlone(lab, mode), trouble);
    const ours = await measured(new KeepalivedAndOurs(lab, mode), trouble);
    expect(ours.broken).toBeLessThanOrEqual(alone.broken);
    expect(ours.failed).toBeLessThanOrEqual(alone.failed + noise.failed);
    if (ours.failed > few) {
      expect(ours.seconds).toBeLessThanOrEqual(alone.seconds + noise.seconds);
    }
  });
});
