import { pause } from "../until.ts";
import { otherThan } from "./keepalived.ts";
import { type Measure, measureOf } from "./measure.ts";
import { trafficAtPace } from "./pace.ts";
import type { Pair } from "./pair.ts";
import type { Recipe } from "./recipe.ts";
import { type DirectorName, pairVips } from "./topologies.ts";
import { atAdvertisement, type Trouble } from "./troubles.ts";

const [vip] = pairVips;

/** Of the virtual router with that address, in both modes. */
const routerId = 101;

/** One trouble for an active director, under traffic. */
export async function tryTrouble(
  lab: Pair,
  recipe: Recipe,
  active: DirectorName,
  trouble: Trouble,
): Promise<Measure> {
  await lab.traffic.begin(trafficAtPace(vip));
  await pause(3000);
  await atAdvertisement(lab, otherThan(active), routerId);
  await pause(500);
  const troubleAt = Date.now();
  await trouble.strike(lab, active, recipe);
  if (trouble.moves === "always") await lab.directors[otherThan(active)].untilAddress(vip, 30_000);
  await pause(Math.max(3000, troubleAt + trouble.lastsMs - Date.now()));
  return measureOf(await lab.traffic.end(), troubleAt);
}
