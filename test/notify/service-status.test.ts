import { expect, test } from "vitest";
import type { HealthView } from "../../src/health/view.ts";
import { serviceStatus } from "../../src/notify/service-status.ts";
import { desired } from "../../src/reconcile/desired.ts";
import { endpoint, tcp, virtualOf } from "../health/scripted.ts";

const real = (text: string) => ({
  endpoint: endpoint(text),
  forwarding: "gate" as const,
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  line: 2,
});

function service(port: number, upReals: readonly string[]) {
  const view: HealthView = {
    health: (_service, { address }) =>
      upReals.includes(address) ? { phase: "up", failures: 0 } : { phase: "down", since: 0 },
    maintenance: () => undefined,
  };
  const reals = [real("10.0.0.3:80"), real("10.0.0.4:80")];
  const virtual = virtualOf({ key: tcp(`10.0.0.1:${port}`), reals });
  return { virtual, desired: desired(virtual, { view, isReaddQuiescent: false }) };
}

test("counts services, real servers, and services that have none", () => {
  const services = [service(80, ["10.0.0.3"]), service(81, [])];
  expect(serviceStatus({ services, reloadProblems: undefined })).toBe(
    "2 virtual services, 1 of 4 real servers up, 1 without any",
  );
});

test("says when what runs is not what the file says", () => {
  expect(serviceStatus({ services: [], reloadProblems: ["web.cf:1:1: …"] })).toBe(
    "0 virtual services, 0 of 0 real servers up, the newest reload failed: see the log",
  );
});
