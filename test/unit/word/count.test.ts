import { expect, test } from "vitest";
import type { VirtualService } from "../../../src/model/virtual-service.ts";
import { countOf } from "../../../src/word/count.ts";
import {
  fallback,
  realServer,
  serverRow,
  serviceRow,
  tcp,
  virtualService,
} from "../../support/builders.ts";
import { SetHealth } from "../reconcile/set-health.ts";

const key = tcp("10.0.0.1:80");
const A = "10.0.0.3:80";
const B = "10.0.0.4:80";
const old = "10.0.0.9:80";
const sorry = "127.0.0.1:80";
const plain = virtualService(key, [realServer(A), realServer(B)]);
const withSorry: VirtualService = { ...plain, fallback: fallback(sorry) };

type State = "up" | "down" | "unknown" | "held" | "drained";

function counted(
  virtual: VirtualService,
  states: readonly State[],
  weights: Readonly<Record<string, number>>,
) {
  const view = new SetHealth();
  for (const [i, state] of states.entries()) {
    const server = [A, B][i] ?? "";
    view.set(key, server, state === "held" || state === "drained" ? "up" : state);
    view.hold(key, server, state === "held");
    view.steer(key, server, state === "drained" ? { kind: "drain", isRemoved: false } : undefined);
  }
  const dests = Object.entries(weights).map(([server, weight]) => serverRow(server, { weight }));
  const { up, of, isAnyAwaited } = countOf(virtual, { service: serviceRow(key), dests }, view);
  return `${up} of ${of}${isAnyAwaited ? ", one awaited" : ""}`;
}

test.for<[name: string, VirtualService, State[], Record<string, number>, expected: string]>([
  ["both up and in", plain, ["up", "up"], { [A]: 1, [B]: 5 }, "2 of 2"],
  ["one down", plain, ["up", "down"], { [A]: 1, [B]: 0 }, "1 of 2"],
  ["one without a row: refused, or taken out by hand", plain, ["up", "up"], { [A]: 1 }, "1 of 2"],
  ["one with weight 0, whoever gave it", plain, ["up", "up"], { [A]: 0, [B]: 1 }, "1 of 2"],
  ["one in maintenance, its row not gone yet", plain, ["held", "up"], { [A]: 1, [B]: 1 }, "1 of 2"],
  ["one drained", plain, ["drained", "up"], { [A]: 0, [B]: 1 }, "1 of 2"],
  ["down, and a hand gave it weight", plain, ["down", "down"], { [A]: 5 }, "0 of 2"],
  ["the fallback has the traffic", withSorry, ["down", "down"], { [sorry]: 1 }, "0 of 2"],
  ["none asked yet", plain, [], {}, "0 of 2, one awaited"],
  ["one down, one not asked yet", plain, ["down"], {}, "0 of 2, one awaited"],
  ["replaced, and it serves on", plain, [], { [old]: 1 }, "1 of 2, one awaited"],
  ["replaced, with weight 0", plain, [], { [old]: 0 }, "0 of 2, one awaited"],
  ["three were replaced by two", plain, [], { [old]: 1, x9: 1, y9: 1 }, "2 of 2, one awaited"],
  ["a successor is up", plain, ["up"], { [A]: 1, [old]: 1 }, "1 of 2, one awaited"],
  ["replaced, all asked", plain, ["down", "down"], { [old]: 1 }, "0 of 2"],
  ["the fallback is nobody who was replaced", withSorry, [], { [sorry]: 1 }, "0 of 2, one awaited"],
])("%s", ([, virtual, states, weights, expected]) => {
  expect(counted(virtual, states, weights)).toBe(expected);
});

test("a service without a row has none", () => {
  const view = new SetHealth();
  view.set(key, A, "up");
  expect(countOf(plain, undefined, view)).toEqual({ up: 0, of: 2, isAnyAwaited: true });
});
