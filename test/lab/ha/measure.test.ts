import { expect, test } from "vitest";
import { measureOf } from "./measure.ts";
import type { Traffic } from "./traffic.ts";

const fine = (at: number, tookMs = 5) => [at, tookMs, null] as const;
const lost = (at: number, why = "timeout") => [at, null, why] as const;
const traffic = (
  requests: Traffic["requests"],
  connections: Traffic["connections"] = [],
): Traffic => ({ requests, connections, cpuMs: 0, lastedMs: 0, stallMs: 0 });

test.for<[name: string, requests: Traffic["requests"], failed: number, seconds: number]>([
  ["nothing failed", [fine(0), fine(1000), fine(2000)], 0, 0],
  [
    "until the answer of the first that was asked after the last failure",
    [lost(1000), lost(1500), fine(2000, 1000)],
    2,
    2,
  ],
  [
    "an answer between failures is not the end",
    [lost(1000), fine(1500), lost(2000), fine(2500, 0)],
    2,
    1.5,
  ],
  ["a failure before the trouble counts", [lost(900), fine(1100, 0)], 1, 0.1],
])("%s", ([, requests, failed, seconds]) => {
  expect(measureOf(traffic(requests), 1000)).toMatchObject({
    failed,
    seconds,
    of: requests.length,
  });
});

test("traffic that ends before the trouble does measures nothing", () => {
  expect(() => measureOf(traffic([fine(0), lost(1000)]), 500)).toThrow("ended before");
});

test("of the long connections those that broke are counted, those that live are listened to", () => {
  const connections = [
    { broken: null, silenceMs: 300 },
    { broken: "ECONNRESET", silenceMs: 9000 },
    { broken: "silent", silenceMs: 15_000 },
    { broken: null, silenceMs: 3600 },
  ];
  expect(measureOf(traffic([lost(0, "ECONNRESET"), fine(1)], connections), 0)).toMatchObject({
    broken: 2,
    connections: 4,
    silenceSeconds: 3.6,
    errors: { ECONNRESET: 2, silent: 1 },
  });
});
