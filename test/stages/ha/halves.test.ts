/** Recipe a of docs/high-availability.md by halves: each director works for one address, and what happens to it costs the other half nothing. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { KeepalivedByHalves } from "../../lab/ha/keepalived-by-halves.ts";
import { type Measure, measureOf } from "../../lab/ha/measure.ts";
import { Pair } from "../../lab/ha/pair.ts";
import { pairByDirectRouting, pairVips } from "../../lab/ha/topologies.ts";
import { TrafficSource, usualTraffic } from "../../lab/ha/traffic.ts";
import { say } from "../../lab/say.ts";
import { pause } from "../../lab/until.ts";

let lab: Pair;
let recipe: KeepalivedByHalves;
let sources: readonly TrafficSource[] = [];

beforeAll(async () => {
  lab = await Pair.open(pairByDirectRouting());
  sources = [lab.traffic, await TrafficSource.start(lab.network.host("client"))];
  recipe = new KeepalivedByHalves(lab, "dr");
  await recipe.start();
});
afterEach(({ task }) => {
  if (task.result?.state === "fail") say(recipe.report());
});
afterAll(async () => {
  await sources[1]?.kill();
  await lab?.close();
});

/**
 * @param over ends when it is with whom it is to be
 * @returns of each half
 */
async function measured(
  name: string,
  trouble: () => Promise<unknown>,
  over: () => Promise<unknown>,
): Promise<readonly Measure[]> {
  const begin = (source: TrafficSource, vip: string) =>
    source.begin({ ...usualTraffic(vip), everyMs: 20, connections: 25 });
  await Promise.all(sources.map((source, i) => begin(source, `${pairVips[i]}`)));
  await pause(3000);
  const troubleAt = Date.now();
  await trouble();
  await over();
  await Promise.all(sources.map((source) => source.untilAnswered(Date.now())));
  await pause(5000);
  const measures = await Promise.all(
    sources.map(async (source) => measureOf(await source.end(), troubleAt)),
  );
  say(`by halves, ${name}: ${JSON.stringify(measures)}`);
  return measures;
}

/** What a machine that stands still costs, it costs both halves. */
function expectOnlyOneHit(hit: Measure | undefined, other: Measure | undefined): void {
  for (const half of [hit, other]) expect(half).toMatchObject({ broken: 0, connections: 25 });
  expect(other?.failed).toBeLessThanOrEqual((hit?.failed ?? 0) / 4);
}

test("each is active for its address and spare for the other's", async () => {
  for (const [name, active, spare] of [
    ["director1", ...pairVips],
    ["director2", ...[...pairVips].reverse()],
  ] as const) {
    const { out } = await lab.directors[`${name}` as "director1"].shell("ldirectorctl status");
    expect(out).toContain(`, active (${active} is on this host)`);
    expect(out).toContain(`, spare (${spare} is on no interface of this host)`);
  }
});

test("the link of one goes down: its half moves, the other half notices nothing; it comes back, and nobody does", {
  timeout: 300_000,
}, async () => {
  const [first, second] = await measured(
    "link down of director1",
    () => lab.network.cable("director1", "eth0", "out"),
    () => lab.directors.director2.untilAddress(pairVips[0]),
  );
  expectOnlyOneHit(first, second);
  expect(first?.failed).toBeGreaterThan(10);

  const back = await measured(
    "link up of director1",
    () => lab.network.cable("director1", "eth0", "in"),
    () => recipe.untilAtHome(),
  );
  for (const half of back) expect(half).toMatchObject({ broken: 0, connections: 25 });
});

test("the other one dies: kill -9 of everything", { timeout: 300_000 }, async () => {
  const [first, second] = await measured(
    "kill -9 of director2",
    () => lab.directors.director2.killAll(),
    () => lab.directors.director1.untilAddress(pairVips[1]),
  );
  // Its kernel forwards on, so that there is nothing to lose for a quarter of a second.
  for (const half of [first, second]) expect(half).toMatchObject({ broken: 0, connections: 25 });
  expect(await lab.holders(pairVips[0])).toEqual(["director1"]);
});
