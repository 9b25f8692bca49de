import { describe, expect, test } from "vitest";
import type { TableDest } from "../../../src/ipvs/ipvs.ts";
import { formatEndpoint } from "../../../src/model/address.ts";
import type { VirtualService } from "../../../src/model/virtual-service.ts";
import { desired } from "../../../src/reconcile/desired.ts";
import type { ManualEdit } from "../../../src/reconcile/observe/manual-edits.ts";
import { tableService } from "../../../src/reconcile/rows.ts";
import {
  endpoint,
  fallback,
  mark,
  realServer,
  serverRow,
  tcp,
  virtualService,
} from "../../support/builders.ts";
import { SetHealth } from "./set-health.ts";

const key = tcp("10.0.0.1:80");
const A = "10.0.0.3:80";
const B = "10.0.0.4:80";

type Phases = Readonly<Record<string, "up" | "down" | "maintenance">>;

/** One line a row: `ENDPOINT METHOD WEIGHT DECIDED-BY`, with `?` for a tolerated one. */
function rows(
  service: VirtualService,
  phases: Phases,
  hand: Readonly<Record<string, ManualEdit>> = {},
  isReaddQuiescent = false,
): string[] {
  const view = new SetHealth();
  for (const [server, phase] of Object.entries(phases)) {
    if (phase === "maintenance") {
      view.set(service.key, server, "up");
      view.hold(service.key, server);
    } else view.set(service.key, server, phase);
  }
  const inputs = { view, isReaddQuiescent, edits: { rows: new Map(Object.entries(hand)) } };
  return desired(service, inputs).dests.map(
    ({ dest, presence, decidedBy }) =>
      `${formatEndpoint(dest.endpoint)} ${dest.forwarding} ${dest.weight} ${decidedBy}` +
      (presence === "tolerated" ? " ?" : ""),
  );
}

const plainDest = { forwarding: "gate", upperThreshold: 0, lowerThreshold: 0 } as const;
const plain = virtualService(key, [realServer(A, { weight: 5 }), realServer(B)]);
const quiescent = { ...plain, isQuiescent: true };
const sorry = { ...plain, fallback: fallback("127.0.0.1:80") };

describe("health", () => {
  test.for<[name: string, service: VirtualService, phases: Phases, expected: string[]]>([
    [
      "up has the file's weight",
      plain,
      { [A]: "up", [B]: "up" },
      [`${A} gate 5 file`, `${B} gate 1 file`],
    ],
    ["down is absent", plain, { [A]: "up", [B]: "down" }, [`${A} gate 5 file`]],
    [
      "down stays with weight 0 where quiescent",
      quiescent,
      { [A]: "up", [B]: "down" },
      [`${A} gate 5 file`, `${B} gate 0 health`],
    ],
    [
      "without a verdict a row is left as it is",
      plain,
      { [A]: "up" },
      [`${A} gate 5 file`, `${B} gate 0 health ?`],
    ],
    [
      "maintenance wins over up",
      quiescent,
      { [A]: "maintenance", [B]: "up" },
      [`${A} gate 0 maintenance`, `${B} gate 1 file`],
    ],
    [
      "maintenance without quiescent is absent",
      plain,
      { [A]: "maintenance", [B]: "up" },
      [`${B} gate 1 file`],
    ],
  ])("%s", ([, service, phases, expected]) => {
    expect(rows(service, phases)).toEqual(expected);
  });

  test("thresholds are kept while quiesced", () => {
    const service = virtualService(
      key,
      [realServer(A, { upperThreshold: 100, lowerThreshold: 50 })],
      {
        isQuiescent: true,
      },
    );
    const view = new SetHealth();
    view.set(key, A, "down");
    const { dests } = desired(service, { view, isReaddQuiescent: false });
    expect(dests[0]?.dest).toMatchObject({ weight: 0, upperThreshold: 100, lowerThreshold: 50 });
  });
});

describe("the fallback server", () => {
  test.for<[name: string, service: VirtualService, phases: Phases, expected: string[]]>([
    [
      "serves when all are down",
      sorry,
      { [A]: "down", [B]: "down" },
      ["127.0.0.1:80 gate 1 fallback"],
    ],
    [
      "serves when all are in maintenance",
      sorry,
      { [A]: "maintenance", [B]: "maintenance" },
      ["127.0.0.1:80 gate 1 fallback"],
    ],
    [
      "serves until the first verdict",
      sorry,
      {},
      [`${A} gate 0 health ?`, `${B} gate 0 health ?`, "127.0.0.1:80 gate 1 fallback"],
    ],
    [
      "is absent when one is up, never quiesced",
      { ...sorry, isQuiescent: true },
      { [A]: "up", [B]: "down" },
      [`${A} gate 5 file`, `${B} gate 0 health`],
    ],
    [
      "is absent when the only one up has weight 0",
      { ...sorry, reals: [realServer(A, { weight: 0 })] },
      { [A]: "up" },
      [`${A} gate 0 file`],
    ],
    [
      "that is also a real server leaves its row to it while up",
      { ...plain, fallback: fallback(A) },
      { [A]: "up", [B]: "down" },
      [`${A} gate 5 file`],
    ],
    [
      "that is also a real server has the row when none is up",
      { ...quiescent, fallback: fallback(A) },
      { [A]: "down", [B]: "down" },
      [`${A} gate 1 fallback`, `${B} gate 0 health`],
    ],
  ])("%s", ([, service, phases, expected]) => {
    expect(rows(service, phases)).toEqual(expected);
  });
});

describe("a row that the file does not name, in a table with it", () => {
  const C = "10.0.0.5:80";
  const found = (weights: Readonly<Record<string, number>>) =>
    Object.entries(weights).map(([text, weight]) => ({
      ...plainDest,
      endpoint: endpoint(text),
      weight,
    }));
  const mapped = virtualService(key, [realServer("10.0.0.3:8080", { weight: 0 }), realServer(B)]);
  const incomplete = { ...plain, isIncomplete: true };
  test.for<
    [
      name: string,
      service: VirtualService,
      phases: Phases,
      table: Readonly<Record<string, number>>,
      former: string[],
    ]
  >([
    ["serves on until a server of the file was asked", plain, {}, { [C]: 3 }, [`${C} 3 ${C}`]],
    ["serves on beside one that is down", plain, { [A]: "down" }, { [C]: 3 }, [`${C} 3 ${C}`]],
    ["goes once all were asked", plain, { [A]: "down", [B]: "down" }, { [C]: 3 }, []],
    ["goes once one is up", plain, { [A]: "up" }, { [C]: 3 }, []],
    ["goes when it is quiesced", plain, {}, { [C]: 0 }, []],
    ["goes while one that is not asked yet serves", plain, {}, { [C]: 3, [A]: 1 }, []],
    [
      "stays while one that is not asked yet is quiesced",
      plain,
      {},
      { [C]: 3, [A]: 0 },
      [`${C} 3 ${C}`],
    ],
    [
      "goes when it is the fallback server's",
      { ...plain, fallback: fallback(C) },
      {},
      { [C]: 3 },
      [],
    ],
    ["stays beside the fallback server's", sorry, {}, { [C]: 3 }, [`${C} 3 ${C}`]],
    [
      "is that of a server with weight 0 now, by the file's name",
      mapped,
      { "10.0.0.3:8080": "up" },
      { [A]: 5 },
      [`${A} 5 10.0.0.3:8080`],
    ],
    [
      "may be of a name without an address, whoever is up",
      incomplete,
      { [A]: "up", [B]: "up" },
      { [C]: 3, [A]: 1 },
      [`${C} 3 ${C}`],
    ],
    [
      "may be of a name without an address, once all were asked",
      incomplete,
      { [A]: "down", [B]: "down" },
      { [C]: 3 },
      [`${C} 3 ${C}`],
    ],
  ])("%s", ([, service, phases, table, former]) => {
    const view = new SetHealth();
    for (const [server, phase] of Object.entries(phases)) {
      if (phase !== "maintenance") view.set(service.key, server, phase);
    }
    const wanted = desired(service, { view, isReaddQuiescent: false, found: found(table) });
    const formers = wanted.dests.filter(({ standing }) => standing === "former");
    expect(
      formers.map(
        ({ dest, real: named }) =>
          `${formatEndpoint(dest.endpoint)} ${dest.weight} ${formatEndpoint(named)}`,
      ),
    ).toEqual(former);
    const isAnyUp = Object.values(phases).includes("up");
    expect(wanted.isFallbackOn).toBe(!isAnyUp && former.length === 0);
  });
});

describe("the port of a row", () => {
  const phases: Phases = { "10.0.0.3:8080": "up", "10.0.0.4:0": "up" };
  const both = (method: "gate" | "masq" | "ipip") => [
    realServer("10.0.0.3:8080", { forwarding: method }),
    realServer("10.0.0.4:0", { forwarding: method }),
  ];
  test.for<[name: string, service: VirtualService, expected: string[]]>([
    [
      "is the virtual service's with gate",
      virtualService(key, both("gate")),
      ["10.0.0.3:80", "10.0.0.4:80"],
    ],
    [
      "is the virtual service's with ipip",
      virtualService(key, both("ipip")),
      ["10.0.0.3:80", "10.0.0.4:80"],
    ],
    [
      "is the file's with masq, 0 too",
      virtualService(key, both("masq")),
      ["10.0.0.3:8080", "10.0.0.4:0"],
    ],
    [
      "is the file's with a mark",
      virtualService(mark(7), both("gate")),
      ["10.0.0.3:8080", "10.0.0.4:0"],
    ],
  ])("%s", ([, service, expected]) => {
    expect(rows(service, phases).map((row) => row.split(" ")[0])).toEqual(expected);
  });

  test("of the fallback server follows the same rule", () => {
    const service = (server: VirtualService["key"]) =>
      virtualService(server, [], { fallback: fallback("127.0.0.1:81") });
    expect(rows(service(key), {})).toEqual(["127.0.0.1:80 gate 1 fallback"]);
    expect(rows(service(mark(7)), {})).toEqual(["127.0.0.1:81 gate 1 fallback"]);
  });
});

describe("several lines for one row", () => {
  const shared = virtualService(key, [
    realServer("10.0.0.3:81", { weight: 3 }),
    realServer("10.0.0.3:82", { weight: 4 }),
  ]);
  test("it is up when one of them is, with that one's weight", () => {
    expect(rows(shared, { "10.0.0.3:81": "down", "10.0.0.3:82": "up" })).toEqual([
      `${A} gate 4 file`,
    ]);
  });
  test("the first line wins among those that are up", () => {
    expect(rows(shared, { "10.0.0.3:81": "up", "10.0.0.3:82": "up" })).toEqual([
      `${A} gate 3 file`,
    ]);
  });
  test("one that is down counts more than one not yet known", () => {
    expect(rows({ ...shared, isQuiescent: true }, { "10.0.0.3:82": "down" })).toEqual([
      `${A} gate 0 health`,
    ]);
  });
});

describe("another hand", () => {
  const edited: ManualEdit = {
    left: serverRow(A, { weight: 9 }),
    standing: "up",
  };
  const removed: ManualEdit = { left: undefined, standing: "down" };
  test("wins over the file's weight", () => {
    expect(rows(plain, { [A]: "up", [B]: "up" }, { [A]: edited })[0]).toBe(`${A} gate 9 hand`);
  });
  test("does not win over maintenance", () => {
    expect(rows(quiescent, { [A]: "maintenance", [B]: "up" }, { [A]: edited })[0]).toBe(
      `${A} gate 0 maintenance`,
    );
  });
  test("that removed a quiesced row is respected, unless readdquiescent", () => {
    const phases: Phases = { [A]: "down", [B]: "up" };
    expect(rows(quiescent, phases, { [A]: removed })).toEqual([`${B} gate 1 file`]);
    expect(rows(quiescent, phases, { [A]: removed }, true)[0]).toBe(`${A} gate 0 health`);
  });
  test("that removed a row of a server that is up is not", () => {
    expect(rows(plain, { [A]: "up" }, { [A]: removed })[0]).toBe(`${A} gate 5 file`);
  });
});

test("a virtual service without a netmask means one client", () => {
  expect(tableService(plain)).toEqual({
    key,
    scheduler: "wrr",
    schedulerFlags: 0,
    isOnePacket: false,
    netmask: 0xffffffff,
  });
  const six = virtualService(tcp("[fd00::1]:80"), [], { persistence: { timeoutSec: 600 } });
  expect(tableService(six)).toMatchObject({ netmask: 128, persistenceSec: 600 });
  const wide = virtualService(key, [], { persistence: { timeoutSec: 600, netmask: 0xffffff00 } });
  expect(tableService(wide)).toMatchObject({ netmask: 0xffffff00 });
});

describe("a fallback server that has the traffic, while those that are up have weight 0", () => {
  const idle = {
    ...sorry,
    reals: [realServer(A, { weight: 0 }), realServer(B)],
  };
  const serving = serverRow("127.0.0.1:80");
  test.for<[name: string, phases: Phases, table: readonly TableDest[], isOn: boolean]>([
    ["keeps it until another was asked", { [A]: "up" }, [serving], true],
    ["gives it up once all were asked", { [A]: "up", [B]: "down" }, [serving], false],
    ["gives it up once one with weight is up", { [A]: "up", [B]: "up" }, [serving], false],
    ["does not come for that", { [A]: "up" }, [], false],
    ["does not come back for that", { [A]: "up" }, [{ ...serving, weight: 0 }], false],
  ])("%s", ([, phases, found, isOn]) => {
    const view = new SetHealth();
    for (const [server, phase] of Object.entries(phases)) {
      if (phase !== "maintenance") view.set(key, server, phase);
    }
    const wanted = desired(idle, { view, isReaddQuiescent: false, found });
    expect(wanted.isFallbackOn).toBe(isOn);
    expect(wanted.dests.some(({ standing }) => standing === "fallback")).toBe(isOn);
  });
});
