import { expect, test } from "vitest";
import type { OrdersView } from "../../../src/health/view.ts";
import type { TableRow } from "../../../src/ipvs/ipvs.ts";
import { formatEndpoint } from "../../../src/model/address.ts";
import type { VirtualService } from "../../../src/model/virtual-service.ts";
import { adopt, adoptedIn } from "../../../src/reconcile/adopt.ts";
import { tableService } from "../../../src/reconcile/rows.ts";
import {
  fallback,
  monitorSpec,
  realServer,
  serverRow,
  tcp,
  virtualService,
} from "../../support/builders.ts";

const key = tcp("10.0.0.1:80");
const service = virtualService(key, [realServer("10.0.0.3:8080"), realServer("10.0.0.4:80")]);

const table = (weights: Readonly<Record<string, number>>): readonly TableRow[] => [
  {
    service: tableService(service),
    dests: Object.entries(weights).map(([text, weight]) => serverRow(text, { weight })),
  },
];
const adopted = (virtuals: VirtualService, rows: readonly TableRow[]) =>
  adopt([virtuals], rows).map((pair) => `${pair.serviceId} ${formatEndpoint(pair.real)}`);

test("invariant 5: a weight above 0 in the kernel's row is a server in use, by the file's name", () => {
  expect(adopted(service, table({ "10.0.0.3:80": 5, "10.0.0.4:80": 0 }))).toEqual([
    "tcp:10.0.0.1:80 10.0.0.3:8080",
  ]);
});
test("a row of no server of ours, or of no service of ours, means nothing", () => {
  expect(adopted(service, table({ "10.0.0.9:80": 5 }))).toEqual([]);
  const other = virtualService(tcp("10.0.0.2:80"), service.reals);
  expect(adopted(other, table({ "10.0.0.3:80": 5 }))).toEqual([]);
});
test("the fallback server's row proves nothing of the real server at the same place", () => {
  const sorry = { ...service, fallback: fallback("10.0.0.4:81") };
  expect(adopted(sorry, table({ "10.0.0.3:80": 1, "10.0.0.4:80": 1 }))).toEqual([
    "tcp:10.0.0.1:80 10.0.0.3:8080",
  ]);
});

test("who has no check and is out by an order was in use before it; who has a check will be asked", () => {
  const orders: OrdersView = {
    hold: () => undefined,
    steering: (_, { address }) =>
      address === "10.0.0.3" ? { kind: "drain", isRemoved: false } : undefined,
  };
  const before = adoptedIn([service], table({ "10.0.0.3:80": 0, "10.0.0.4:80": 0 }), orders);
  const unasked = (real: string) => monitorSpec({ kind: "adopted" }, { real });
  expect(before(unasked("10.0.0.3:8080"))).toBe("up");
  expect(before(unasked("10.0.0.4:80"))).toBeUndefined();
  expect(before(monitorSpec({ kind: "fixed", state: "up" }, { real: "10.0.0.3:8080" }))).toBe(
    undefined,
  );
});
