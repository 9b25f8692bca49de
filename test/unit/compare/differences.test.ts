import { expect, test } from "vitest";
import { type Difference, differences, lasting } from "../../../src/compare/differences.ts";
import type { Side, SideFile } from "../../../src/compare/side.ts";

const file = (lines: readonly string[], fingerprint = lines.join()): SideFile => ({
  name: "web.cf",
  fingerprint,
  lines,
});
const up = { virtual: "tcp:10.0.0.1:80", server: "10.0.0.3:80", state: "up", decidedBy: "file" };
const row = { row: "10.0.0.3:80", values: { forwarding: "gate", weight: 1 } };
const service = {
  virtual: "tcp:10.0.0.1:80",
  values: { scheduler: "wrr" } as Readonly<Record<string, string | number>>,
  rows: [row],
};
const drain = {
  what: "drain of 10.0.0.3:80",
  values: { "at end": "stay" },
  said: "drain of 10.0.0.3:80 by 12:00 (by root)",
};

const side = (more: Partial<Side> = {}): Side => ({
  version: 1,
  host: "fw1",
  program: "0.1.0",
  files: { cf: file(["a", "b", "c"]) },
  roles: [],
  verdicts: [up],
  table: [service],
  orders: [],
  ...more,
});
const of = "tcp:10.0.0.1:80";
const real = "10.0.0.3:80";

test.for<[name: string, here: Partial<Side>, there: Partial<Side>, told: readonly Difference[]]>([
  ["the same", {}, {}, []],
  [
    "host, version and role are no difference",
    { host: "fw2", program: "0.2.0", roles: [{ virtual: of, role: "active" }] },
    { roles: [{ virtual: of, role: "spare" }] },
    [],
  ],
  [
    "a line that differs is told with its number in each",
    { files: { cf: file(["a", "b", "c"]) } },
    { files: { cf: file(["a", "x", "b", "C"]) } },
    [
      { part: "file", of: "web.cf", line: 2, there: "x" },
      { part: "file", of: "web.cf", line: 3, here: "c" },
      { part: "file", of: "web.cf", line: 4, there: "C" },
    ],
  ],
  [
    "a secret that differs is told, and stays one",
    { files: { cf: file(["passwd=[secret]"], "aaaaaaaaaaaa") } },
    { files: { cf: file(["passwd=[secret]"], "bbbbbbbbbbbb") } },
    [
      {
        part: "file",
        of: "web.cf",
        here: expect.stringMatching(/a secret.*: fingerprint aaaaaaaa$/),
        there: expect.stringMatching(/a secret.*: fingerprint bbbbbbbb$/),
      },
    ],
  ],
  [
    "an ini that only one has",
    {},
    { files: { cf: file(["a", "b", "c"]), ini: { ...file([]), name: "ldirectord-ng.ini" } } },
    [{ part: "file", of: "ldirectord-ng.ini", there: "it is there" }],
  ],
  [
    "another verdict, with the reason",
    {},
    { verdicts: [{ ...up, state: "down", reason: "refused", decidedBy: "health" }] },
    [{ part: "verdicts", of, real, here: "up", there: "down (refused)" }],
  ],
  [
    "the same verdict, for another reason",
    { verdicts: [{ ...up, state: "down", reason: "timeout" }] },
    { verdicts: [{ ...up, state: "down", reason: "refused" }] },
    [{ part: "verdicts", of, real, here: "down (timeout)", there: "down (refused)" }],
  ],
  [
    "the same verdict, and somebody else who decides the weight",
    {},
    { verdicts: [{ ...up, decidedBy: "order" }] },
    [{ part: "verdicts", of, real, here: "up, weight by file", there: "up, weight by order" }],
  ],
  [
    "a server that only one has",
    { verdicts: [] },
    {},
    [{ part: "verdicts", of, real, there: "up" }],
  ],
  [
    "of a row only what differs",
    {},
    { table: [{ ...service, rows: [{ ...row, values: { ...row.values, weight: 0 } }] }] },
    [{ part: "table", of, real, here: "weight 1", there: "weight 0" }],
  ],
  [
    "a row that only one has",
    {},
    { table: [{ ...service, rows: [] }] },
    [{ part: "table", of, real, here: "forwarding gate, weight 1" }],
  ],
  [
    "of a service only what differs, and what one has not",
    {},
    { table: [{ ...service, values: { scheduler: "wlc", persistent: 600 } }] },
    [
      {
        part: "table",
        of,
        here: "scheduler wrr, persistent not set",
        there: "scheduler wlc, persistent 600",
      },
    ],
  ],
  [
    "a service that only one has",
    { table: [] },
    {},
    [{ part: "table", of, there: "scheduler wrr" }],
  ],
  [
    "the order of rows and services is none",
    { table: [service, { ...service, virtual: "fwm:1" }] },
    { table: [{ ...service, virtual: "fwm:1" }, service] },
    [],
  ],
  [
    "a director that is a real server of the other is local to itself",
    {},
    { table: [{ ...service, rows: [{ ...row, values: { forwarding: "local", weight: 1 } }] }] },
    [],
  ],
  [
    "local or not, its weight counts",
    { table: [{ ...service, rows: [{ ...row, values: { forwarding: "local", weight: 2 } }] }] },
    {},
    [{ part: "table", of, real, here: "weight 2", there: "weight 1" }],
  ],
  [
    "two ways of forwarding differ",
    {},
    { table: [{ ...service, rows: [{ ...row, values: { forwarding: "masq", weight: 1 } }] }] },
    [{ part: "table", of, real, here: "forwarding gate", there: "forwarding masq" }],
  ],
  [
    "an order that only one has",
    { orders: [drain] },
    {},
    [{ part: "orders", of: "drain of 10.0.0.3:80", here: drain.said }],
  ],
  [
    "the same order of another hand, at another time",
    { orders: [drain] },
    { orders: [{ ...drain, said: "drain of 10.0.0.3:80 by 12:05 (by ops)" }] },
    [],
  ],
  [
    "the same order with another value",
    { orders: [drain] },
    { orders: [{ ...drain, values: { "at end": "remove" } }] },
    [{ part: "orders", of: drain.what, here: "at end stay", there: "at end remove" }],
  ],
])("%s", ([, here, there, told]) => {
  expect(differences(side(here), side(there))).toEqual(told);
});

test("what only one of two looks finds is a moment's; what both do is told as it is last", () => {
  const weight = (here: string, on: string): Difference => ({
    part: "table",
    of,
    real: on,
    here,
    there: "weight 0",
  });
  const first = [weight("weight 1", real), weight("weight 1", "10.0.0.4:80")];
  const second = [weight("weight 2", real), weight("weight 1", "10.0.0.5:80")];
  expect(lasting(first, second)).toEqual([weight("weight 2", real)]);
});
