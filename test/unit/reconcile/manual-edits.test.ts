import { describe, expect, test } from "vitest";
import type { TableDest } from "../../../src/ipvs/ipvs.ts";
import type { VirtualService } from "../../../src/model/virtual-service.ts";
import type { Drift } from "../../../src/reconcile/observe/drift.ts";
import {
  afterReload,
  type EditPolicy,
  type ManualEdits,
  noteDrift,
  stillCounting,
} from "../../../src/reconcile/observe/manual-edits.ts";
import { type DesiredService, type Standing, tableService } from "../../../src/reconcile/rows.ts";
import {
  endpoint,
  fallback,
  realServer,
  serverRow,
  tcp,
  virtualService,
} from "../../support/builders.ts";

const key = tcp("10.0.0.1:80");
const [A, B, C] = ["10.0.0.3:80", "10.0.0.4:80", "10.0.0.5:80"];
const web = virtualService(key, [realServer(A), realServer(B)]);
const service = tableService(web);
const lc = { ...service, scheduler: "lc" };
const dest = (text: string, weight: number): TableDest => serverRow(text, { weight });
const wanted = (standings: Readonly<Record<string, Standing>>): DesiredService => ({
  service,
  isFallbackOn: false,
  dests: Object.entries(standings).map(([text, standing]) => ({
    dest: dest(text, 1),
    presence: "required",
    standing,
    decidedBy: "file",
    real: endpoint(text),
  })),
});
const onDest = (text: string, before?: number, after?: number): Drift => ({
  of: "dest",
  endpoint: endpoint(text),
  ...(before !== undefined && { before: dest(text, before) }),
  ...(after !== undefined && { after: dest(text, after) }),
});
/** `lc`, `10.0.0.3:80 up 9`, `10.0.0.3:80 down removed` */
const told = (edits: ManualEdits | undefined): string[] | undefined =>
  edits && [
    ...(edits.service === undefined ? [] : [edits.service.scheduler]),
    ...[...edits.rows].map(
      ([text, { left, standing }]) => `${text} ${standing} ${left?.weight ?? "removed"}`,
    ),
  ];
const edited = (
  text: string,
  left: number | undefined,
  standing: Standing = "up",
): ManualEdits => ({
  rows: new Map([[text, { left: left === undefined ? undefined : dest(text, left), standing }]]),
});

describe("of what another hand did, counts", () => {
  const wants = wanted({ [A]: "up", [B]: "down" });
  const cases: [name: string, drift: Drift, all: string[], removals: string[]][] = [
    ["a weight", onDest(A, 1, 9), [`${A} up 9`], []],
    ["a weight on one that is down", onDest(B, 0, 9), [`${B} down 9`], []],
    ["not a row that appeared", onDest(A, undefined, 9), [], []],
    ["a removal of one that is down", onDest(B, 0), [`${B} down removed`], [`${B} down removed`]],
    ["not a removal of one that is up", onDest(A, 1), [], []],
    ["nothing about a row that is not wanted", onDest(C, 1, 9), [], []],
    ["a scheduler", { of: "service", before: service, after: lc }, ["lc"], []],
    ["not a service that appeared", { of: "service", after: lc }, [], []],
    ["not a service that vanished", { of: "service", before: service }, [], []],
  ];
  for (const respect of ["all", "removals"] satisfies EditPolicy[]) {
    test.for(cases)(`%s (${respect})`, ([, drift, all, removals]) => {
      const expected = respect === "all" ? all : removals;
      expect(told(noteDrift(undefined, [drift], wants, respect))).toEqual(expected);
    });
  }

  test("what was found before, too, unless its row is not wanted any more", () => {
    const before: ManualEdits = { service: lc, rows: edited(C, 9).rows };
    expect(told(noteDrift(before, [onDest(A, 1, 9)], wants, "all"))).toEqual([
      "lc",
      `${C} up 9`,
      `${A} up 9`,
    ]);
    expect(told(noteDrift(before, [onDest(C, 9)], wants, "all"))).toEqual(["lc"]);
    const gone: Drift = { of: "service", before: lc };
    expect(told(noteDrift(before, [gone], wants, "all"))).toEqual(["lc", `${C} up 9`]);
  });
});

describe("an edit counts until its server's transition", () => {
  test.for<
    [name: string, edits: ManualEdits | undefined, now: Standing, counts: string[] | undefined]
  >([
    ["none", undefined, "up", undefined],
    ["a weight", edited(A, 9), "up", [`${A} up 9`]],
    ["a weight that is the wanted one now", edited(A, 1), "up", undefined],
    ["a weight on one that went down", edited(A, 9), "down", undefined],
    ["a removal", edited(A, undefined, "down"), "down", [`${A} down removed`]],
    ["a removal of one that came up", edited(A, undefined, "down"), "up", undefined],
    ["a weight in maintenance", edited(A, 9, "maintenance"), "maintenance", undefined],
    ["a weight on a row that is not wanted any more", edited(C, 9), "up", undefined],
    ["a scheduler", { service: lc, rows: new Map() }, "up", ["lc"]],
    ["the wanted scheduler", { service, rows: new Map() }, "up", undefined],
    ["a scheduler and a weight", { service: lc, ...edited(A, 9) }, "up", ["lc", `${A} up 9`]],
    ["the wanted scheduler and a weight", { service, ...edited(A, 9) }, "up", [`${A} up 9`]],
  ])("%s", ([, edits, now, counts]) => {
    expect(told(stillCounting(edits, wanted({ [A]: now, [B]: "up" })))).toEqual(counts);
  });
});

describe("an edit outlasts a reload that says the same of its row", () => {
  const edits: ManualEdits = { service: lc, ...edited(A, 9) };
  const twice = {
    ...web,
    reals: [realServer("10.0.0.3:81"), realServer("10.0.0.3:82"), realServer(B)],
  };
  const sorry = { ...web, fallback: fallback("127.0.0.1:80") };
  test.for<[name: string, before: VirtualService, after: VirtualService, left: string[]]>([
    ["the same", web, structuredClone(web), ["lc", `${A} up 9`]],
    ["another scheduler", web, { ...web, scheduler: "rr" }, [`${A} up 9`]],
    [
      "another weight",
      web,
      { ...web, reals: [realServer(A, { weight: 2 }), realServer(B)] },
      ["lc"],
    ],
    ["another method", web, { ...web, reals: [realServer(A, { forwarding: "masq" })] }, ["lc"]],
    ["another of several lines for it", twice, { ...twice, reals: twice.reals.slice(1) }, ["lc"]],
    ["a fallback server elsewhere", web, sorry, ["lc", `${A} up 9`]],
    ["a fallback server there", web, { ...web, fallback: fallback(A) }, ["lc"]],
    ["no line for it", web, { ...web, reals: [realServer(B)] }, ["lc"]],
  ])("%s", ([, before, after, left]) => {
    expect(told(afterReload(edits, before, after))).toEqual(left);
  });

  test("without edits, or without a file before, there are none", () => {
    expect(afterReload(undefined, web, web)).toBeUndefined();
    expect(afterReload(edits, undefined, web)).toBeUndefined();
    expect(told(afterReload(edited(A, 9), web, web))).toEqual([`${A} up 9`]);
  });
});
