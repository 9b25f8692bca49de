import { describe, expect, test } from "vitest";
import type { Steering } from "../../../src/health/view.ts";
import { formatEndpoint } from "../../../src/model/address.ts";
import { serviceId, type VirtualService } from "../../../src/model/virtual-service.ts";
import { desired } from "../../../src/reconcile/desired.ts";
import { fallback, realServer, tcp, virtualService } from "../../support/builders.ts";
import { rig } from "./rig.ts";
import { SetHealth } from "./set-health.ts";

const key = tcp("10.0.0.1:80");
const A = "10.0.0.3:80";
const B = "10.0.0.4:80";
const plain = virtualService(key, [realServer(A, { weight: 5 }), realServer(B, { weight: 6 })]);
const quiescent = { ...plain, isQuiescent: true };
const sorry = { ...plain, fallback: fallback("127.0.0.1:80") };

const drain: Steering = { kind: "drain", isRemoved: false };
const removed: Steering = { kind: "drain", isRemoved: true };
const nine: Steering = { kind: "weight", weight: 9 };

/** `up`, `down`, `unknown`, `held` (up, and in maintenance), and what was ordered of it. */
type Standing = readonly [state: "up" | "down" | "unknown" | "held", steering?: Steering];

function rows(service: VirtualService, standings: Readonly<Record<string, Standing>>): string[] {
  const view = new SetHealth();
  for (const [server, [state, steering]] of Object.entries(standings)) {
    view.set(key, server, state === "held" ? "up" : state);
    view.hold(key, server, state === "held");
    view.steer(key, server, steering);
  }
  return desired(service, { view, isReaddQuiescent: false }).dests.map(
    ({ dest, decidedBy }) => `${formatEndpoint(dest.endpoint)} ${dest.weight} ${decidedBy}`,
  );
}

const other = `${B} 6 file`;

test.for<[name: string, service: VirtualService, a: Standing, expected: readonly string[]]>([
  ["a drained server has weight 0", plain, ["up", drain], [`${A} 0 drain`, other]],
  ["one that is to go at the end of its drain has no row", plain, ["up", removed], [other]],
  ["a weight by order stands in place of the file's", plain, ["up", nine], [`${A} 9 order`, other]],
  [
    "a weight of 0 by order, too",
    plain,
    ["up", { kind: "weight", weight: 0 }],
    [`${A} 0 order`, other],
  ],
  ["down is down, drained or not", plain, ["down", drain], [other]],
  ["down and quiescent stays with weight 0", quiescent, ["down", drain], [`${A} 0 health`, other]],
  [
    "a weight gives a server that is down nothing",
    quiescent,
    ["down", nine],
    [`${A} 0 health`, other],
  ],
  ["maintenance comes before a drain", quiescent, ["held", drain], [`${A} 0 maintenance`, other]],
  ["maintenance comes before a weight", plain, ["held", nine], [other]],
])("%s", ([, service, a, expected]) => {
  expect(rows(service, { [A]: a, [B]: ["up"] })).toEqual(expected);
});

describe("the fallback", () => {
  const on = "127.0.0.1:80 1 fallback";

  test("has the traffic when all that are up are drained", () => {
    const all: Standing = ["up", drain];
    expect(rows(sorry, { [A]: all, [B]: all })).toEqual([`${A} 0 drain`, `${B} 0 drain`, on]);
    expect(rows(sorry, { [A]: ["up", removed], [B]: ["down"] })).toEqual([on]);
  });

  test("waits while one of them is not, and while a weight is 0 by order", () => {
    expect(rows(sorry, { [A]: ["up", drain], [B]: ["up"] })).toEqual([`${A} 0 drain`, other]);
    const zero: Standing = ["up", { kind: "weight", weight: 0 }];
    expect(rows(sorry, { [A]: zero, [B]: ["down"] })).toEqual([`${A} 0 order`]);
  });
});

describe("two real= lines that share a row", () => {
  // With gate the row has the service's own port.
  const [one, two] = ["10.0.0.3:80", "10.0.0.3:8080"];
  const shared = virtualService(key, [
    realServer(one, { weight: 5 }),
    realServer(two, { weight: 6 }),
  ]);

  test.for<[name: string, first: Standing, second: Standing, expected: readonly string[]]>([
    ["one drained: the row is the other's", ["up", drain], ["up"], [`${one} 6 file`]],
    ["the other drained: it is the first one's", ["up"], ["up", drain], [`${one} 5 file`]],
    ["both drained", ["up", drain], ["up", drain], [`${one} 0 drain`]],
    ["one drained, one down", ["up", drain], ["down"], [`${one} 0 drain`]],
    ["a weight for the second, which has no say", ["up"], ["up", nine], [`${one} 5 file`]],
    ["a weight for the second, the first down", ["down"], ["up", nine], [`${one} 9 order`]],
  ])("%s", ([, first, second, expected]) => {
    expect(rows(shared, { [one]: first, [two]: second })).toEqual(expected);
  });
});

describe("steer", () => {
  /** Another hand has given both other weights, and that was seen. */
  async function edited() {
    const it = rig({ rereadMs: 5 });
    for (const server of [A, B]) it.view.set(key, server, "up");
    await it.start([plain]);
    await it.byHand(plain, A, 50);
    await it.byHand(plain, B, 60);
    for (const server of [A, B]) await it.log.until("drift-found", ({ row }) => row === server);
    it.reconciler.rereadEvery(0);
    await it.reconciler.settled();
    return it;
  }
  const id = serviceId(key);

  test("brings the rows of an order, and leaves all others as they are", async () => {
    const it = await edited();
    it.view.steer(key, A, drain);
    it.reconciler.steer(id, new Set([A]));
    await it.reconciler.settled();
    expect(await it.table()).toEqual([
      `tcp:10.0.0.1:80 -> ${A} gate 0`,
      `tcp:10.0.0.1:80 -> ${B} gate 60`,
      "tcp:10.0.0.1:80 wrr",
    ]);
    it.view.steer(key, A, undefined);
    it.reconciler.steer(id, new Set([A]));
    await it.reconciler.settled();
    expect(await it.table()).toContain(`tcp:10.0.0.1:80 -> ${A} gate 5`);
  });

  test("of a service that is not ours is nothing", async () => {
    const it = await edited();
    it.ipvs.restartCount();
    it.reconciler.steer("tcp:10.0.0.9:80", new Set([A]));
    await it.reconciler.settled();
    expect(it.ipvs.ops).toEqual([]);
  });
});
