/** What a plan says is what then happens, op by op, in any table, by any file. */
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import type { TableRow } from "../../../src/ipvs/ipvs.ts";
import { formatEndpoint } from "../../../src/model/address.ts";
import { serviceId } from "../../../src/model/virtual-service.ts";
import type { Change } from "../../../src/plan/change.ts";
import { planReload, planStart } from "../../../src/plan/from-now.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { destValues, serviceValues } from "../../../src/plan/table-changes.ts";
import { anyFile, anyHosts, anyTable } from "./files.ts";
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

type Shown = Map<string, Map<string, string | number>>;

/** A table as a plan names it. */
const shown = (rows: readonly TableRow[]): Shown =>
  new Map(
    rows.flatMap(({ service, dests }) => {
      const id = serviceId(service.key);
      return [
        [id, new Map(serviceValues(service))],
        ...dests.map(
          (dest) => [`${id} ${formatEndpoint(dest.endpoint)}`, new Map(destValues(dest))] as const,
        ),
      ];
    }),
  );

/** The table after what the plan tells of it; each `before` has to be what is there. */
function follow(table: Shown, changes: readonly Change[]): Shown {
  for (const { part, action, virtual = "", real, fields } of changes) {
    if (part !== "table") continue;
    const name = real === undefined ? virtual : `${virtual} ${real}`;
    expect(table.has(name), `${action} ${name}`).toBe(action !== "add");
    const values = table.get(name) ?? new Map<string, string | number>();
    for (const field of fields) {
      expect(values.get(field.name)).toEqual(field.before);
      if (field.after === undefined) values.delete(field.name);
      else values.set(field.name, field.after);
    }
    if (action === "remove") table.delete(name);
    else table.set(name, values);
  }
  return table;
}

const tableOf = (plan: Plan) => plan.changes.filter(({ part }) => part === "table");
let changes = 0;

/** Plans, does it, and compares. */
async function hold(site: Site, plan: () => Promise<Plan>, act: () => Promise<unknown>) {
  const before = await site.ipvs.table.list();
  const planned = await plan();
  expect(await site.ipvs.table.list()).toEqual(before);
  site.ipvs.restartCount();
  await act();
  const after = await site.ipvs.table.list();
  expect(follow(shown(before), planned.changes)).toEqual(shown(after));
  // A service's rows go with it: they are told, and are no ops.
  const told = tableOf(planned).filter(
    ({ action, virtual, real }, nth, all) =>
      !(
        action === "remove" &&
        real !== undefined &&
        all
          .slice(0, nth)
          .some((it) => it.action === "remove" && it.real === undefined && it.virtual === virtual)
      ),
  );
  expect(told.map(({ action, virtual, real }) => [action, virtual, real])).toEqual(
    site.ipvs.ops.map((op) => {
      const [verb = "", what = ""] = op.kind.split("-");
      const action = { add: "add", set: "change", delete: "remove" }[verb];
      const key = "service" in op ? op.service.key : op.key;
      const place = what === "service" || op.kind.endsWith("service") ? undefined : placeOf(op);
      return [action, serviceId(key), place];
    }),
  );
  changes += site.ipvs.ops.length;
}

const placeOf = (op: Site["ipvs"]["ops"][number]) => {
  if ("dest" in op) return formatEndpoint(op.dest.endpoint);
  return "endpoint" in op ? formatEndpoint(op.endpoint) : undefined;
};

interface Case {
  readonly table: readonly TableRow[];
  readonly files: readonly [string, string, string];
  readonly held: readonly [readonly string[], readonly string[]];
  readonly downHosts: readonly string[];
}
const anyCase: fc.Arbitrary<Case> = fc.record({
  table: anyTable,
  files: fc.tuple(anyFile, anyFile, anyFile),
  held: fc.tuple(anyHosts, anyHosts),
  downHosts: anyHosts,
});

async function open({ table, files, held, downHosts }: Case): Promise<Site> {
  const site = new Site();
  sites.push(site);
  site.maintain("one", held[0]);
  site.maintain("two", held[1]);
  site.downHosts = new Set(downHosts);
  await site.seed(table);
  site.write(files[0]);
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
  await eachOf(starts, async (one) => {
    const site = await open(one);
    const next = await site.ready();
    await hold(
      site,
      async () => planStart(next, await site.ipvs.table.list()),
      () => site.start(next),
    );
  });
  expect(changes).toBeGreaterThan(starts);
}, 60_000);

test(`${2 * daemons} reloads of running daemons change in the table what was planned`, async () => {
  changes = 0;
  await eachOf(daemons, async (one) => {
    const site = await open(one);
    await site.start(await site.ready());
    await site.firstRound();
    for (const text of one.files.slice(1)) {
      site.write(text);
      const next = await site.ready();
      await hold(
        site,
        () => planReload(site.daemon, next),
        async () => expect(await site.daemon.reload("signal")).toBe(true),
      );
    }
  });
  expect(changes).toBeGreaterThan(daemons);
}, 60_000);
