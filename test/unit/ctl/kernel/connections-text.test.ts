import { expect, test } from "vitest";
import {
  connectionsText,
  duration,
  sortedConnections,
} from "../../../../src/ctl/kernel/connections-text.ts";
import type { Connection } from "../../../../src/ipvs/connections.ts";
import { endpoint } from "../../../support/builders.ts";

const connection = (client: string, real: string, more: Partial<Connection> = {}): Connection => ({
  protocol: "tcp",
  client: endpoint(client),
  virtual: endpoint("10.0.0.1:80"),
  real: endpoint(real),
  state: "ESTABLISHED",
  expiresSec: 899,
  ...more,
});
const all = [
  connection("10.1.1.10:4000", "10.0.0.3:80"),
  connection("10.1.1.9:0", "10.0.0.20:80", { state: "NONE", expiresSec: 59 }),
  connection("10.1.1.9:5000", "10.0.0.3:80", { state: "CLOSE", expiresSec: 9 }),
];
const clients = (sort: "client" | "state" | "expires") =>
  sortedConnections(all, sort).map(({ client }) => client.port);

test("by virtual service and real server, then as told", () => {
  expect(clients("client")).toEqual([5000, 4000, 0]);
  expect(clients("state")).toEqual([5000, 4000, 0]);
  expect(clients("expires")).toEqual([5000, 4000, 0]);
  expect(sortedConnections([...all].reverse(), "client")).toEqual(sortedConnections(all, "client"));
});

test("a block for each way, narrower than 80 columns", () => {
  const found = sortedConnections(all, "client");
  const text = connectionsText({ found, count: 3, read: 3, isWhole: true });
  expect(text).toBe(`tcp 10.0.0.1:80 > 10.0.0.3:80: 2
  CLIENT          STATE        EXPIRES
  10.1.1.9:5000   close             9s
  10.1.1.10:4000  established   14m59s

tcp 10.0.0.1:80 > 10.0.0.20:80: 1
  CLIENT      STATE       EXPIRES
  10.1.1.9:0  remembered      59s

3 connections
`);
});

test("what is not shown, and what was not read, is said", () => {
  expect(connectionsText({ found: [], count: 0, read: 0, isWhole: true })).toBe("0 connections\n");
  expect(connectionsText({ found: all.slice(0, 1), count: 20, read: 500, isWhole: false })).toMatch(
    /\n20 connections, 1 of them shown; there was only time for 500 of all that the kernel has\n$/,
  );
});

test("what a client sent as its call is printed as one harmless line", () => {
  const sip = connection("10.1.1.1:0", "10.0.0.3:80", { engine: "sip", engineData: "a\x1b[2Jb" });
  const text = connectionsText({ found: [sip], count: 1, read: 1, isWhole: true });
  expect(text).toContain("sip a [2Jb\n");
});

test.for([
  [0, "0s"],
  [59, "59s"],
  [60, "1m00s"],
  [899, "14m59s"],
  [3_600, "1h00m"],
  [360_000, "100h00m"],
] as const)("%d seconds are %s", ([seconds, text]) => {
  expect(duration(seconds)).toBe(text);
});
