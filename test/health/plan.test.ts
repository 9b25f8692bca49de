import { expect, test } from "vitest";
import {
  type MonitorSpec,
  type PlanProblem,
  type ProbeSpec,
  plan,
  planWarnings,
} from "../../src/health/plan.ts";
import type { RealServer } from "../../src/model/real-server.ts";
import { Secret } from "../../src/model/secret.ts";
import type { ServiceKey, VirtualService } from "../../src/model/virtual-service.ts";
import { endpoint, fakeChecks, tcp, virtualOf } from "./scripted.ts";

const real = (text: string, more: Partial<RealServer> = {}): RealServer => ({
  endpoint: endpoint(text),
  forwarding: "gate",
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  line: 2,
  ...more,
});

const one = (more: Partial<VirtualService>, of = real("10.0.0.3:80")): VirtualService =>
  virtualOf({ reals: [of], ...more });

function specsOf(...virtuals: VirtualService[]): readonly MonitorSpec[] {
  const planned = plan({ virtuals }, fakeChecks());
  if (!planned.ok) throw new Error(JSON.stringify(planned.error));
  return planned.value;
}

function problemsOf(...virtuals: VirtualService[]): readonly PlanProblem[] {
  const planned = plan({ virtuals }, fakeChecks());
  return planned.ok ? [] : planned.error;
}

function probeOf(virtual: VirtualService): ProbeSpec {
  const source = specsOf(virtual)[0]?.source;
  if (source?.kind !== "probe") throw new Error(`no probe: ${source?.kind}`);
  return source.probe;
}

const mark: ServiceKey = { kind: "fwmark", family: 4, mark: 5 };
const udp: ServiceKey = { kind: "address", protocol: "udp", endpoint: endpoint("10.0.0.1:53") };

test("there is one monitor for each real server of each virtual service, in the file's order", () => {
  const reals = [real("10.0.0.3:80"), real("10.0.0.4:80", { line: 3 })];
  const specs = specsOf(
    virtualOf({ reals, failureCount: 3 }),
    virtualOf({ key: tcp("10.0.0.2:80"), reals }),
  );
  expect(specs.map(({ id, failureCount, line }) => [id, failureCount, line])).toEqual([
    ["tcp:10.0.0.1:80 10.0.0.3:80", 3, 2],
    ["tcp:10.0.0.1:80 10.0.0.4:80", 3, 3],
    ["tcp:10.0.0.2:80 10.0.0.3:80", 1, 2],
    ["tcp:10.0.0.2:80 10.0.0.4:80", 1, 3],
  ]);
});

test("a real server written twice in one service is watched once", () => {
  expect(specsOf(virtualOf({ reals: [real("10.0.0.3:80"), real("10.0.0.3:80")] }))).toHaveLength(1);
});

test.for<[name: string, virtual: Partial<VirtualService>, source: object]>([
  ["checktype=on is always up", { checkType: "on" }, { kind: "fixed", phase: "up" }],
  ["checktype=off stays as it was found", { checkType: "off" }, { kind: "adopted" }],
  [
    "no service: nothing to negotiate, always up",
    { service: "none" },
    { kind: "fixed", phase: "up" },
  ],
  [
    "checktype=0 without a service is always up",
    { service: "none", checkType: { turns: 0 } },
    { kind: "fixed", phase: "up" },
  ],
])("%s", ([, virtual, source]) => {
  expect(specsOf(one(virtual))[0]?.source).toEqual(source);
});

test.for<[name: string, virtual: Partial<VirtualService>, probe: string, timeoutMs: number]>([
  ["negotiate asks the service", {}, "http 10.0.0.3:80", 30_000],
  ["connect asks by checktimeout", { checkType: "connect" }, "connect 10.0.0.3:80", 5_000],
  ["connect of a udp service pings", { key: udp, checkType: "connect" }, "ping 10.0.0.3:80", 5_000],
  [
    "ping takes checkcount attempts",
    { checkType: "ping", checkCount: 3 },
    "ping 10.0.0.3:80",
    15_000,
  ],
  [
    "checktype=N without a service only connects",
    { service: "none", checkType: { turns: 2 } },
    "connect 10.0.0.3:80",
    5_000,
  ],
])("%s", ([, virtual, name, timeoutMs]) => {
  const probe = probeOf(one(virtual));
  expect([probe.name, probe.main.timeoutMs, probe.between]).toEqual([name, timeoutMs, undefined]);
});

test("checktype=N negotiates, and connects in between", () => {
  const probe = probeOf(one({ checkType: { turns: 4 } }));
  expect(probe.main.timeoutMs).toBe(30_000);
  expect(probe.between?.turns).toBe(4);
  expect(probe.between?.prepared.timeoutMs).toBe(5_000);
});

test.for<[name: string, virtual: Partial<VirtualService>, real: string, target: string]>([
  ["checkport first of all", { checkPort: 8080 }, "10.0.0.3:81", "http 10.0.0.3:8080"],
  [
    "a service that no check asks for implies its port too",
    { key: mark, checkType: "connect", service: "imaps" },
    "10.0.0.3:0",
    "connect 10.0.0.3:993",
  ],
  ["then the real server's own port", {}, "10.0.0.3:81", "http 10.0.0.3:81"],
  [
    "then the port of the service",
    { service: "https", key: mark },
    "10.0.0.3:0",
    "https 10.0.0.3:443",
  ],
  [
    "then the port its clients come to",
    { key: tcp("10.0.0.1:8000"), service: "none", checkType: "connect" },
    "10.0.0.3:0",
    "connect 10.0.0.3:8000",
  ],
  [
    "and none where none is needed",
    { key: mark, service: "none", checkType: "ping" },
    "10.0.0.3:0",
    "ping 10.0.0.3",
  ],
])("the port to check is %s", ([, virtual, text, name]) => {
  expect(probeOf(one(virtual, real(text))).name).toBe(name);
});

test("a server with no port to check loads, stays down, and the warning says what to write", () => {
  const specs = specsOf(
    one({ key: mark, service: "none", checkType: "connect" }, real("10.0.0.3:0", { line: 9 })),
  );
  expect(specs[0]?.source).toMatchObject({ kind: "fixed", phase: "down" });
  expect(planWarnings(specs)).toEqual([
    { line: 9, text: "real=10.0.0.3:0 stays down: no port to check: set checkport=" },
  ]);
});

test("settings with which no server can be up load, as in the original, and are told", () => {
  const specs = specsOf(one({ request: "/nothing" }, real("10.0.0.3:80", { line: 9 })));
  expect(specs[0]?.source).toMatchObject({ kind: "fixed", phase: "down" });
  expect(planWarnings(specs)).toEqual([
    { line: 9, text: "real=10.0.0.3:80 stays down: there is nothing to ask" },
  ]);
});

test("a service without a check is refused with the line of its virtual service", () => {
  expect(problemsOf(one({ service: "imap", line: 4 }))).toEqual([
    { line: 4, text: "service=imap is not yet supported" },
  ]);
});

test("one bad pattern that ten servers share is one problem; a server's own is its line's", () => {
  const reals = Array.from({ length: 10 }, (_, i) => real(`10.0.0.${i + 10}:80`, { line: 20 + i }));
  const own = real("10.0.0.9:80", { receive: "(", line: 33 });
  const text = 'receive="(": a parenthesis is never closed';
  expect(
    problemsOf(virtualOf({ reals, receive: "(", line: 4 }), virtualOf({ reals: [own], line: 30 })),
  ).toEqual([
    { line: 4, text },
    { line: 33, text },
  ]);
});

const otherVip = tcp("10.0.0.2:80");
test.for<[name: string, a: VirtualService, b: VirtualService, isShared: boolean]>([
  ["the same question is asked once", one({}), one({ key: otherVip }), true],
  [
    "failurecount is each service's own affair",
    one({}),
    one({ key: otherVip, failureCount: 5 }),
    true,
  ],
  ["another request is another probe", one({}), one({ key: otherVip, request: "/x" }), false],
  [
    "another password is another probe",
    one({ passwd: new Secret("a") }),
    one({ key: otherVip, passwd: new Secret("b") }),
    false,
  ],
  [
    "another timeout is another probe",
    one({}),
    one({ key: otherVip, negotiateTimeoutMs: 9 }),
    false,
  ],
  ["another interval is another probe", one({}), one({ key: otherVip, checkIntervalMs: 9 }), false],
  ["another check port is another probe", one({}), one({ key: otherVip, checkPort: 9 }), false],
  [
    "other turns are another probe",
    one({ checkType: { turns: 1 } }),
    one({ key: otherVip, checkType: { turns: 2 } }),
    false,
  ],
  ["http and https are two probes", one({}), one({ key: otherVip, service: "https" }), false],
])("%s", ([, a, b, isShared]) => {
  expect(probeOf(a).id === probeOf(b).id).toBe(isShared);
});

test("a probe's id does not hold the password", () => {
  expect(probeOf(one({ passwd: new Secret("hunter2") })).id).not.toContain("hunter2");
});
