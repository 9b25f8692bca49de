import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { IpvsOp, TableDest, TableRow, TableService } from "../../../src/ipvs/ipvs.ts";
import { formatEndpoint } from "../../../src/model/address.ts";
import { serviceId } from "../../../src/model/virtual-service.ts";
import { afterOps, byService, isUsable, opKey } from "../../../src/reconcile/after-ops.ts";
import { diff } from "../../../src/reconcile/diff.ts";
import type { DesiredDest, DesiredService } from "../../../src/reconcile/rows.ts";
import { endpoint, mark, tcp } from "../../support/builders.ts";
import { lines } from "./table-lines.ts";

const keys = [tcp("10.0.0.1:80"), tcp("10.0.0.1:443"), mark(5)] as const;
const ids = keys.map(serviceId);
const foreignKey = tcp("10.9.9.9:25");

const anyService = (key: TableService["key"]): fc.Arbitrary<TableService> =>
  fc.record({
    key: fc.constant(key),
    scheduler: fc.constantFrom("wrr", "rr"),
    schedulerFlags: fc.constant(0),
    netmask: fc.constant(0xffffffff),
    isOnePacket: fc.constant(false),
  });
const anyDest: fc.Arbitrary<TableDest> = fc.record({
  endpoint: fc.integer({ min: 1, max: 5 }).map((n) => endpoint(`10.0.0.${n}:80`)),
  forwarding: fc.constantFrom("gate", "masq"),
  weight: fc.integer({ min: 0, max: 3 }),
  upperThreshold: fc.integer({ min: 0, max: 1 }),
  lowerThreshold: fc.constant(0),
});
const distinct = {
  maxLength: 4,
  selector: (dest: TableDest) => formatEndpoint(dest.endpoint),
};
const anyDests = fc.uniqueArray(anyDest, distinct);

const anyRow = (key: TableService["key"]): fc.Arbitrary<TableRow> =>
  fc.record({ service: anyService(key), dests: anyDests });
const anyTable: fc.Arbitrary<readonly TableRow[]> = fc
  .tuple(...[...keys, foreignKey].map((key) => fc.option(anyRow(key), { nil: undefined })))
  .map((rows) => rows.filter((row) => row !== undefined));

const wantedRow = (dest: TableDest, presence: DesiredDest["presence"]): DesiredDest => ({
  dest,
  presence,
  standing: presence === "tolerated" ? "unknown" : "up",
  decidedBy: "file",
  real: dest.endpoint,
});
const anyDesired = (
  presences: readonly DesiredDest["presence"][],
): fc.Arbitrary<readonly DesiredService[]> =>
  fc
    .tuple(
      ...keys.map((key) =>
        fc.option(
          fc.record({
            service: anyService(key),
            dests: fc
              .uniqueArray(fc.tuple(anyDest, fc.constantFrom(...presences)), {
                maxLength: 4,
                selector: ([dest]) => formatEndpoint(dest.endpoint),
              })
              .map((rows) => rows.map(([dest, presence]) => wantedRow(dest, presence))),
            isFallbackOn: fc.constant(false),
          }),
          { nil: undefined },
        ),
      ),
    )
    .map((services) => services.filter((service) => service !== undefined));

/** The tables after each op, the last one last. */
function* replay(table: readonly TableRow[], ops: readonly IpvsOp[]): Generator<TableRow[]> {
  const rows = new Map(table.map((row) => [serviceId(row.service.key), row]));
  for (const op of ops) {
    const id = serviceId(opKey(op));
    const next = afterOps(rows.get(id), [op]);
    if (next === undefined) rows.delete(id);
    else rows.set(id, next);
    yield [...rows.values()];
  }
}
const outcome = (table: readonly TableRow[], ops: readonly IpvsOp[]): readonly TableRow[] =>
  [...replay(table, ops)].at(-1) ?? table;
const foreign = (table: readonly TableRow[]) =>
  table.filter((row) => !ids.includes(serviceId(row.service.key)));
const usable = (table: readonly TableRow[]) =>
  new Set(table.filter(isUsable).map((row) => serviceId(row.service.key)));

const wanting = (required: readonly DesiredService[]): string[] =>
  lines(required.map(({ service, dests }) => ({ service, dests: dests.map((row) => row.dest) })));

test("a service that is deleted and added again is without its servers", () => {
  const service = {
    key: keys[0],
    scheduler: "wrr",
    schedulerFlags: 0,
    netmask: 1,
    isOnePacket: false,
  };
  const dest = {
    endpoint: endpoint("10.0.0.3:80"),
    forwarding: "gate",
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
  } as const;
  const ops: IpvsOp[] = [
    { kind: "delete-service", key: keys[0] },
    { kind: "add-service", service },
  ];
  expect(afterOps({ service, dests: [dest] }, ops)).toEqual({ service, dests: [] });
  expect(afterOps({ service, dests: [dest] }, ops.slice(0, 1))).toBeUndefined();
});

describe("diff", () => {
  test("reaches what is desired, and the next diff is empty", () => {
    fc.assert(
      fc.property(anyDesired(["required"]), anyTable, (desired, table) => {
        const owned = new Set(ids);
        const after = outcome(table, diff(desired, table, owned));
        expect(lines(after)).toEqual([...wanting(desired), ...lines(foreign(table))].sort());
        expect(diff(desired, after, owned)).toEqual([]);
      }),
    );
  });

  test("is empty the second time with rows that wait for a verdict, too", () => {
    fc.assert(
      fc.property(anyDesired(["required", "tolerated"]), anyTable, (desired, table) => {
        const after = outcome(table, diff(desired, table, new Set(ids)));
        expect(diff(desired, after, new Set(ids))).toEqual([]);
      }),
    );
  });

  test("invariant 3: a service that is usable before and after is usable after every op", () => {
    fc.assert(
      fc.property(anyDesired(["required", "tolerated"]), anyTable, (desired, table) => {
        const tables = [...replay(table, diff(desired, table, new Set(ids)))];
        const last = usable(tables.at(-1) ?? table);
        const lasting = [...usable(table)].filter((id) => last.has(id));
        for (const between of tables) {
          const now = usable(between);
          for (const id of lasting) expect(now).toContain(id);
        }
      }),
    );
  });

  test("invariant 3: a row that can be edited is never deleted and added", () => {
    fc.assert(
      fc.property(anyDesired(["required"]), anyTable, (desired, table) => {
        const ops = diff(desired, table, new Set(ids));
        for (const its of byService(ops).values()) {
          const places = its.map((op) => {
            if (op.kind === "delete-dest") return formatEndpoint(op.endpoint);
            return "dest" in op ? formatEndpoint(op.dest.endpoint) : "service";
          });
          expect(new Set(places).size).toBe(places.length);
        }
      }),
    );
  });

  test("invariant 4: only owned services are deleted, no other is touched", () => {
    fc.assert(
      fc.property(anyDesired(["required"]), anyTable, fc.subarray(ids), (desired, table, owned) => {
        const wanted = new Set(desired.map(({ service }) => serviceId(service.key)));
        for (const op of diff(desired, table, new Set(owned))) {
          const id = serviceId(opKey(op));
          if (op.kind === "delete-service") expect(owned).toContain(id);
          else expect(wanted).toContain(id);
        }
      }),
    );
  });
});
