import { pause } from "../until.ts";
import { Advertisements } from "./advertisements.ts";
import { otherThan } from "./keepalived.ts";
import { type Measure, measureOf } from "./measure.ts";
import { trafficAtPace } from "./pace.ts";
import type { Pair } from "./pair.ts";
import type { Recipe } from "./recipe.ts";
import { type DirectorName, pairVips } from "./topologies.ts";
import type { Trouble } from "./troubles.ts";

const [vip] = pairVips;

/** Of the virtual router with that address, in both modes. */
const routerId = 101;

/** What clients had of it, and whether it came when it should. */
export interface Trial extends Measure {
  /** How often the active one said that it is there after it should have fallen silent: the trouble came late. */
  readonly saidSince: number;
}

/**
 * One trouble for an active director, under traffic. It comes half a second after that one has told the other that it is
 * there, so that every trouble comes at the same moment of that rhythm: what is measured would differ by an interval otherwise.
 */
export async function tryTrouble(
  lab: Pair,
  recipe: Recipe,
  active: DirectorName,
  trouble: Trouble,
): Promise<Trial> {
  const other = lab.directors[otherThan(active)];
  await lab.traffic.begin(trafficAtPace(vip));
  await pause(3000);
  const advertisements = Advertisements.listen(other.namespace, routerId);
  try {
    await advertisements.next();
    await pause(500);
    const { heard } = advertisements;
    const troubleAt = Date.now();
    await trouble.strike(lab, active, recipe);
    if (trouble.moves === "always") await other.untilAddress(vip, 30_000);
    const saidSince = trouble.silences ? advertisements.heard - heard : 0;
    await pause(Math.max(3000, troubleAt + trouble.lastsMs - Date.now()));
    return { ...measureOf(await lab.traffic.end(), troubleAt), saidSince };
  } finally {
    await advertisements.stop();
  }
}
