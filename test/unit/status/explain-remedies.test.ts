import { afterEach, beforeEach, expect, test } from "vitest";
import { ControlledDaemon, virtualText } from "../../support/controlled-daemon.ts";

let it: ControlledDaemon;
beforeEach(async () => {
  it = await ControlledDaemon.start(virtualText(80, "real=127.0.0.2:80 masq 5\nchecktype=on"));
});
afterEach(() => it[Symbol.asyncDispose]());

/** An order wants to be taken back in its own words, and there are several for one server. */
test.for<[name: string, order: readonly string[]]>([
  ["a drain of every port", ["drain", "127.0.0.2", "--deadline", "10m"]],
  ["a drain of one port", ["drain", "127.0.0.2:80", "--deadline", "10m"]],
  ["a drain in one service", ["drain", "127.0.0.2", "tcp:127.0.0.1:80", "--deadline", "10m"]],
  ["a maintenance of every port", ["maintenance", "127.0.0.2", "on"]],
  ["a maintenance in one service", ["maintenance", "127.0.0.2", "--in", "127.0.0.1:80", "on"]],
  ["a maintenance of a service", ["maintenance", "127.0.0.1:80", "on"]],
  ["a weight of every port", ["weight", "127.0.0.2", "3"]],
  ["a weight in one service", ["weight", "127.0.0.2", "3", "--in", "127.0.0.1:80"]],
])("what explain says takes it back: %s", async ([, order]) => {
  expect(await it.ctl(order)).toMatchObject({ code: 0, err: "" });
  const { out } = await it.ctl(["explain", "127.0.0.2"]);
  const [, words = ""] = /To change that: ldirectorctl ([^;\n]+)/.exec(out) ?? [];
  expect(await it.ctl(words.split(" "))).toMatchObject({ code: 0, err: "" });
  expect(JSON.parse((await it.ctl(["status", "--json"])).out)).toMatchObject({ orders: [] });
});
