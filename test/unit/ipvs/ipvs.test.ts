import { expect, test } from "vitest";
import {
  sameDest,
  sameService,
  type TableDest,
  type TableService,
} from "../../../src/ipvs/ipvs.ts";
import { serverRow, serviceRow, tcp } from "../../support/builders.ts";

const web = serviceRow(tcp("10.0.0.1:80"), { persistenceSec: 600 });
const server = serverRow("10.0.0.3:80");
const { persistenceSec: _, ...brief } = web;

test.for<[name: string, other: TableService]>([
  ["scheduler", { ...web, scheduler: "rr" }],
  ["flags", { ...web, schedulerFlags: 8 }],
  ["persistence", { ...web, persistenceSec: 601 }],
  ["lack of persistence", brief],
  ["netmask", { ...web, netmask: 0xffffff00 }],
  ["one-packet", { ...web, isOnePacket: true }],
])("a service differs by its %s alone", ([, other]) => {
  expect(sameService(web, other)).toBe(false);
  expect(sameService(other, web)).toBe(false);
  expect(sameService(other, { ...other })).toBe(true);
});

test.for<[name: string, other: TableDest]>([
  ["forwarding", { ...server, forwarding: "masq" }],
  ["weight", { ...server, weight: 2 }],
  ["upper threshold", { ...server, upperThreshold: 7 }],
  ["lower threshold", { ...server, lowerThreshold: 7 }],
])("a real server differs by its %s alone", ([, other]) => {
  expect(sameDest(server, other)).toBe(false);
  expect(sameDest(other, { ...other })).toBe(true);
});
