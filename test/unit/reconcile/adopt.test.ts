import { expect, test } from "vitest";
import type { TableRow } from "../../../src/ipvs/ipvs.ts";
import { formatEndpoint } from "../../../src/model/address.ts";
import type { VirtualService } from "../../../src/model/virtual-service.ts";
import { adopt } from "../../../src/reconcile/adopt.ts";
import { tableService } from "../../../src/reconcile/rows.ts";
import { fallback, realServer, serverRow, tcp, virtualService } from "../../support/builders.ts";

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
