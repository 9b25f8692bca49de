/** What a plan says is what then happens, op by op, in any table, by any file. */
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { planReload, planStart } from "../../../src/plan/from-now.ts";
import { anyCase, type Case, furnish, hold } from "./exactness.ts";
import { Site } from "./site.ts";

const seed = 20_260_101;
const starts = 500;
/** Of each daemon two reloads. */
const daemons = 250;
const atOnce = 50;

let sites: Site[] = [];
afterEach(async () => {
  await Promise.all(sites.map((site) => site.close()));
  sites = [];
});

async function open(one: Case): Promise<Site> {
  const site = new Site();
  sites.push(site);
  await furnish(site, one);
  return site;
}

/** So many of them, some at once. */
async function eachOf(numRuns: number, run: (one: Case) => Promise<void>): Promise<void> {
  const cases = fc.sample(anyCase, { numRuns, seed });
  for (let from = 0; from < numRuns; from += atOnce) {
    const done = cases.slice(from, from + atOnce).map(async (one, nth) => {
      try {
        await run(one);
      } catch (error) {
        throw new Error(`case ${from + nth}: ${JSON.stringify(one, undefined, 1)}`, {
          cause: error,
        });
      }
    });
    await Promise.all(done);
    await Promise.all(sites.map((site) => site.close()));
    sites = [];
  }
}

test(`${starts} starts change in the table what was planned, and nothing else`, async () => {
  let changes = 0;
  const count = (made: number) => {
    changes += made;
  };
  await eachOf(starts, async (one) => {
    const site = await open(one);
    const next = await site.ready();
    count(
      await hold(
        site,
        async () => planStart(next, await site.ipvs.table.list()),
        () => site.start(next),
      ),
    );
  });
  expect(changes).toBeGreaterThan(starts);
}, 180_000);

test(`${2 * daemons} reloads of running daemons change in the table what was planned`, async () => {
  let changes = 0;
  const count = (made: number) => {
    changes += made;
  };
  await eachOf(daemons, async (one) => {
    const site = await open(one);
    await site.start(await site.ready());
    await site.firstRound();
    for (const text of one.files.slice(1)) {
      site.write(text);
      const next = await site.ready();
      count(
        await hold(
          site,
          () => planReload(site.daemon, next),
          async () => expect(await site.daemon.reload("signal")).toBe(true),
        ),
      );
    }
  });
  expect(changes).toBeGreaterThan(daemons);
}, 180_000);
