/** Holds a plan against what then happens. */
import fc from "fast-check";
import { expect } from "vitest";
import type { TableRow } from "../../../src/ipvs/ipvs.ts";
import { formatEndpoint } from "../../../src/model/address.ts";
import { serviceId } from "../../../src/model/virtual-service.ts";
import type { Change } from "../../../src/plan/change.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { destValues, serviceValues } from "../../../src/plan/table-changes.ts";
import { anyFile, anyHosts, anyTable } from "./files.ts";
import type { Site } from "./site.ts";

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
/** Plans, does it, and compares. @returns how many changes there were */
export async function hold(
  site: Site,
  plan: () => Promise<Plan>,
  act: () => Promise<unknown>,
): Promise<number> {
  const before = await site.ipvs.table.list();
  const planned = await plan();
  expect(shown(await site.ipvs.table.list())).toEqual(shown(before));
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
  // By name: a kernel tells its rows in the order of a hash, which grows at a moment of its own (Linux 7).
  const byName = (all: readonly (readonly unknown[])[]) => all.map(String).sort();
  expect(byName(told.map(({ action, virtual, real }) => [action, virtual, real]))).toEqual(
    byName(
      site.ipvs.ops.map((op) => {
        const [verb = "", what = ""] = op.kind.split("-");
        const action = { add: "add", set: "change", delete: "remove" }[verb];
        const key = "service" in op ? op.service.key : op.key;
        const place = what === "service" || op.kind.endsWith("service") ? undefined : placeOf(op);
        return [action, serviceId(key), place];
      }),
    ),
  );
  return site.ipvs.ops.length;
}

const placeOf = (op: Site["ipvs"]["ops"][number]) => {
  if ("dest" in op) return formatEndpoint(op.dest.endpoint);
  return "endpoint" in op ? formatEndpoint(op.endpoint) : undefined;
};

export interface Case {
  readonly table: readonly TableRow[];
  readonly files: readonly [string, string, string];
  readonly held: readonly [readonly string[], readonly string[]];
  readonly downHosts: readonly string[];
}
export const anyCase: fc.Arbitrary<Case> = fc.record({
  table: anyTable,
  files: fc.tuple(anyFile, anyFile, anyFile),
  held: fc.tuple(anyHosts, anyHosts),
  downHosts: anyHosts,
});

/** A site with all of it but a daemon. */
export async function furnish(site: Site, { table, files, held, downHosts }: Case): Promise<void> {
  site.maintain("one", held[0]);
  site.maintain("two", held[1]);
  site.downHosts = new Set(downHosts);
  await site.seed(table);
  site.write(files[0]);
}
