import { expect, test } from "vitest";
import {
  type CountersAnswer,
  counted,
  only,
  rates,
  sorted,
  totals,
} from "../../../../src/ctl/kernel/counted.ts";
import { countedText } from "../../../../src/ctl/kernel/counted-text.ts";
import { noTraffic } from "../../../../src/ipvs/counters.ts";
import type { Snapshot } from "../../../../src/status/snapshot.ts";

type Service = CountersAnswer["services"][number];

const server = (row: string, conns = 0, activeConns = 0): Service["servers"][number] => ({
  row,
  activeConns,
  inactiveConns: 2,
  persistentConns: 0,
  traffic: { ...noTraffic, conns, connsPerSec: conns / 10, bytesOut: conns * 1_000_000 },
});
const service = (id: string, ...servers: Service["servers"]): Service => ({
  id,
  name: id.slice(id.indexOf(":") + 1),
  traffic: {
    ...noTraffic,
    conns: servers.reduce((sum, { traffic }) => sum + traffic.conns, 0),
  },
  servers,
});

const answer: CountersAnswer = {
  services: [
    service("tcp:10.0.0.10:80", server("10.0.0.3:80", 5, 1), server("10.0.0.20:80", 7, 2)),
    service("udp:10.0.0.9:53", server("10.0.0.3:53", 1)),
    service("fwm:5", server("[fd00::3]:0", 40, 9)),
  ],
};
const snapshot = {
  services: [
    {
      id: "tcp:10.0.0.10:80",
      isLeaving: false,
      servers: [
        { server: "10.0.0.3:80", row: "10.0.0.3:80" },
        { server: "10.0.0.20:80", row: "10.0.0.20:80" },
      ],
    },
    {
      id: "fwm:5",
      isLeaving: false,
      servers: [
        { server: "[fd00::3]:80", row: "[fd00::3]:0" },
        { server: "[fd00::3]:443", row: "[fd00::3]:0" },
      ],
    },
  ],
} as unknown as Snapshot;
const rows = counted(answer, snapshot);

test("rows have the file's names, several where they share one, and services the sum of their servers", () => {
  expect(rows.map(({ isInFile }) => isInFile)).toEqual([true, false, true]);
  expect(rows.map(({ activeConns, inactiveConns }) => [activeConns, inactiveConns])).toEqual([
    [3, 4],
    [0, 2],
    [9, 2],
  ]);
  expect(rows[2]?.servers[0]?.server).toBe("[fd00::3]:80, [fd00::3]:443");
});

test.for<[word: string, found: readonly (readonly [service: string, servers: number])[]]>([
  ["10.0.0.10:80", [["10.0.0.10:80", 2]]],
  ["udp:10.0.0.9:53", [["10.0.0.9:53", 1]]],
  ["5", [["5", 1]]],
  [
    "10.0.0.3",
    [
      ["10.0.0.10:80", 1],
      ["10.0.0.9:53", 1],
    ],
  ],
  ["10.0.0.3:53", [["10.0.0.9:53", 1]]],
  ["[fd00::3]:443", [["5", 1]]],
  ["fd00::3", [["5", 1]]],
  ["10.0.0.30", []],
])("%s names its rows", ([word, found]) => {
  expect(only(rows, word).map(({ name, servers }) => [name, servers.length])).toEqual(found);
});

const names = (measure?: (typeof totals)[number]) =>
  sorted(rows, measure).map(({ name, servers }) => [name, servers.map(({ row }) => row)]);

test("by name numbers count as numbers; by a measure the most comes first", () => {
  expect(names()).toEqual([
    ["5", ["[fd00::3]:0"]],
    ["10.0.0.9:53", ["10.0.0.3:53"]],
    ["10.0.0.10:80", ["10.0.0.3:80", "10.0.0.20:80"]],
  ]);
  expect(names(totals.find(({ word }) => word === "conns"))).toEqual([
    ["5", ["[fd00::3]:0"]],
    ["10.0.0.10:80", ["10.0.0.20:80", "10.0.0.3:80"]],
    ["10.0.0.9:53", ["10.0.0.3:53"]],
  ]);
});

test("what is not in the file is marked, and what is left out counted", () => {
  expect(countedText(sorted(rows, undefined), totals, 2).split("\n")).toEqual([
    expect.stringMatching(
      /^VIRTUAL \/ REAL +ACTIVE {2}INACT {2}PERS {2}CONNS {2}PK-IN {2}PK-OUT {2}BY-IN {2}BY-OUT$/,
    ),
    expect.stringMatching(/^5 fwm +9 +2 +0 +40 /),
    expect.stringMatching(/^ {2}\[fd00::3\]:80, \[fd00::3\]:443 +9 .* 40\.0M$/),
    expect.stringMatching(/^10\.0\.0\.9:53 udp \* +0 /),
    expect.stringMatching(/^ {2}10\.0\.0\.3:53 /),
    "… and 1 more",
    "* not in the configuration file",
    "",
  ]);
  expect(countedText(rows, rates)).toMatch(/^ {2}\[fd00::3\]:80, \[fd00::3\]:443 +9 +4 /m);
});

test.for([
  ["totals", totals],
  ["rates", rates],
] as const)("%s of long addresses and large numbers fit 80 columns", ([, measures]) => {
  const large = server("192.168.100.201:8080", 123_456_789, 123_456);
  const whole = counted({ services: [service("tcp:192.168.100.100:8080", large)] }, snapshot);
  for (const line of countedText(whole, measures).split("\n")) {
    expect(line.length).toBeLessThanOrEqual(80);
  }
});

test("a name from outside can not turn the terminal over", () => {
  const hostile = counted({ services: [service("fwm:\x1b[2J")] }, snapshot);
  expect(countedText(hostile, totals)).not.toContain("\x1b");
});
