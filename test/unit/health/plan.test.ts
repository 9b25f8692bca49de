import { expect, test } from "vitest";
import type { Check, CheckSettings } from "../../../checks/check.ts";
import {
  type CheckLookup,
  type MonitorSpec,
  type PlanProblem,
  type ProbeSpec,
  plan,
  planWarnings,
} from "../../../src/health/plan.ts";
import type { Place } from "../../../src/model/place.ts";
import type { RealServer } from "../../../src/model/real-server.ts";
import { err, ok } from "../../../src/model/result.ts";
import { Secret } from "../../../src/model/secret.ts";
import type { VirtualService } from "../../../src/model/virtual-service.ts";
import { endpoint, mark, realServer, tcp, udp, virtualService } from "../../support/builders.ts";
import { fakeChecks } from "./scripted.ts";

const vip = tcp("10.0.0.1:80");
const one = (more: Partial<VirtualService>, of = realServer("10.0.0.3:80")): VirtualService =>
  virtualService(vip, [of], more);

function planned(virtuals: readonly VirtualService[], checks: CheckLookup): readonly MonitorSpec[] {
  const made = plan({ virtuals }, checks);
  if (!made.ok) throw new Error(JSON.stringify(made.error));
  return made.value;
}

const specsOf = (...virtuals: VirtualService[]) => planned(virtuals, fakeChecks());

function problemsOf(virtuals: readonly VirtualService[], checks = fakeChecks()) {
  const made = plan({ virtuals }, checks);
  return made.ok ? [] : made.error;
}

/** The same checks, but of every service it is this one that asks. */
function askedBy(prepare: Check["prepare"], needsPort = true): CheckLookup {
  return { ...fakeChecks(), byService: () => ({ services: [], needsPort, prepare }) };
}

function probeOf(virtual: VirtualService, checks = fakeChecks()): ProbeSpec {
  const source = planned([virtual], checks)[0]?.source;
  if (source?.kind !== "probe") throw new Error(`no probe: ${source?.kind}`);
  return source.probe;
}

test("there is one monitor for each real server of each virtual service, in the file's order", () => {
  const reals = [realServer("10.0.0.3:80"), realServer("10.0.0.4:80", { line: 3 })];
  const specs = specsOf(
    virtualService(vip, reals, { failureCount: 3 }),
    virtualService(tcp("10.0.0.2:80"), reals),
  );
  expect(specs.map(({ id, failureCount, line }) => [id, failureCount, line])).toEqual([
    ["tcp:10.0.0.1:80 10.0.0.3:80", 3, 2],
    ["tcp:10.0.0.1:80 10.0.0.4:80", 3, 3],
    ["tcp:10.0.0.2:80 10.0.0.3:80", 1, 2],
    ["tcp:10.0.0.2:80 10.0.0.4:80", 1, 3],
  ]);
});

test("a real server written twice in one service is watched once", () => {
  expect(
    specsOf(virtualService(vip, [realServer("10.0.0.3:80"), realServer("10.0.0.3:80")])),
  ).toHaveLength(1);
});

test.for<[name: string, virtual: Partial<VirtualService>, source: object]>([
  ["checktype=on is always up", { checkType: "on" }, { kind: "fixed", state: "up" }],
  ["checktype=off stays as it was found", { checkType: "off" }, { kind: "adopted" }],
  [
    "no service: nothing to negotiate, always up",
    { service: "none" },
    { kind: "fixed", state: "up" },
  ],
  [
    "checktype=0 without a service is always up",
    { service: "none", checkType: { turns: 0 } },
    { kind: "fixed", state: "up" },
  ],
])("%s", ([, virtual, source]) => {
  expect(specsOf(one(virtual))[0]?.source).toEqual(source);
});

test.for<[name: string, virtual: Partial<VirtualService>, probe: string, timeoutMs: number]>([
  ["negotiate asks the service", {}, "http 10.0.0.3:80", 30_000],
  ["connect asks by checktimeout", { checkType: "connect" }, "connect 10.0.0.3:80", 5_000],
  [
    "connect of a udp service pings",
    { key: udp("10.0.0.1:53"), checkType: "connect" },
    "ping 10.0.0.3:80",
    5_000,
  ],
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
    { key: mark(5), checkType: "connect", service: "imaps" },
    "10.0.0.3:0",
    "connect 10.0.0.3:993",
  ],
  ["then the real server's own port", {}, "10.0.0.3:81", "http 10.0.0.3:81"],
  [
    "then the port of the service",
    { service: "https", key: mark(5) },
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
    { key: mark(5), service: "none", checkType: "ping" },
    "10.0.0.3:0",
    "ping 10.0.0.3",
  ],
])("the port to check is %s", ([, virtual, text, name]) => {
  expect(probeOf(one(virtual, realServer(text))).name).toBe(name);
});

test("who is asked without a port is asked at its address alone", () => {
  const probe = probeOf(
    one({ key: mark(5), service: "none", checkType: "ping" }, realServer("10.0.0.3:0")),
  );
  expect(probe.target).toEqual({ address: "10.0.0.3", port: 0 });
});

const noPort = { kind: "fixed", state: "down", reason: "no port to check: set checkport=" };
test.for<[name: string, virtual: Partial<VirtualService>, source: object]>([
  ["a service of all ports implies none", { key: tcp("10.0.0.1:0"), checkType: "connect" }, noPort],
  ["the connects of checktype=N need one", { key: mark(5), checkType: { turns: 2 } }, noPort],
  ["a negotiate that needs none is asked", { key: mark(5) }, { kind: "probe" }],
])("where no port is named, and the check of the service needs none: %s", ([, virtual, source]) => {
  const prepare = fakeChecks().byService("http")?.prepare ?? (() => err([]));
  const virtuals = [one({ service: "none", ...virtual }, realServer("10.0.0.3:0"))];
  expect(planned(virtuals, askedBy(prepare, false))[0]?.source).toMatchObject(source);
});

test("checktype=N does not connect to who stays down by its negotiate", () => {
  const checks = askedBy(() => ok({ staysDown: "there is nothing to ask" }));
  expect(planned([one({ checkType: { turns: 2 } })], checks)[0]?.source).toEqual({
    kind: "fixed",
    state: "down",
    reason: "there is nothing to ask",
  });
  const bad = askedBy(() => err(["a bad pattern"]));
  expect(problemsOf([one({ checkType: { turns: 2 } })], bad)).toHaveLength(1);
});

test("a word that no check answers for is our bug", () => {
  expect(() => specsOf(one({ service: "gopher" }))).toThrow("service=gopher");
});

test.for<[name: string, virtual: Partial<VirtualService>, own: Partial<RealServer>, told: object]>([
  ["nothing was written", {}, {}, {}],
  [
    "the service's own words",
    { request: "/", receive: "ok" },
    {},
    { request: "/", isOwnRequest: false, receive: "ok" },
  ],
  [
    "the server's own words go before them",
    { request: "/", receive: "ok" },
    { request: "/mine", receive: "mine" },
    { request: "/mine", isOwnRequest: true, receive: "mine" },
  ],
])("a check is told what to ask, and whose words these are: %s", ([, virtual, own, told]) => {
  const heard: CheckSettings[] = [];
  const checks = askedBy((settings) => {
    heard.push(settings);
    return ok({ staysUp: "" });
  });
  planned([one(virtual, realServer("10.0.0.3:81", own))], checks);
  const words = heard.map((settings) =>
    Object.fromEntries(
      Object.entries(settings).filter(([key]) => /^(request|isOwnRequest|receive)$/.test(key)),
    ),
  );
  expect(words).toStrictEqual([told]);
  expect(heard).toMatchObject([
    { protocol: "tcp", real: endpoint("10.0.0.3:81"), virtual: tcp("10.0.0.1:80") },
  ]);
});

test("a server with no port to check loads, stays down, and the warning says what to write", () => {
  const specs = specsOf(
    one(
      { key: mark(5), service: "none", checkType: "connect" },
      realServer("10.0.0.3:0", { line: 9 }),
    ),
  );
  expect(specs[0]?.source).toMatchObject({ kind: "fixed", state: "down" });
  expect(planWarnings(specs)).toEqual([
    { line: 9, text: "real=10.0.0.3:0 stays down: no port to check: set checkport=" },
  ]);
});

test("settings with which no server can be up load, as in the original, and are told", () => {
  const specs = specsOf(one({ request: "/nothing" }, realServer("10.0.0.3:80", { line: 9 })));
  expect(specs[0]?.source).toMatchObject({ kind: "fixed", state: "down" });
  expect(planWarnings(specs)).toEqual([
    { line: 9, text: "real=10.0.0.3:80 stays down: there is nothing to ask" },
  ]);
});

test("one bad pattern that ten servers share is one problem; a server's own is its line's", () => {
  const reals = Array.from({ length: 10 }, (_, i) =>
    realServer(`10.0.0.${i + 10}:80`, { line: 20 + i }),
  );
  const own = realServer("10.0.0.9:80", { receive: "(", line: 33 });
  const text = 'receive="(": a parenthesis is never closed';
  expect(
    problemsOf([
      virtualService(vip, reals, { receive: "(", line: 4 }),
      virtualService(vip, [own], { line: 30 }),
    ]),
  ).toEqual([
    { line: 4, text },
    { line: 33, text },
  ]);
});

test.for([{ turns: 0 }, { turns: 2 }])(
  "checktype=N (%o): what is wrong with the negotiate is told, and with the connect",
  (checkType) => {
    expect(problemsOf([one({ receive: "(", checkType })])).toHaveLength(1);
    expect(problemsOf([one({ receive: "(", checkType, service: "none" })])).toHaveLength(
      checkType.turns > 0 ? 1 : 0,
    );
  },
);

const at = (line: number): ReadonlyMap<string, Place> =>
  new Map([["receive", { line, column: 20 }]]);
const elsewhere: ReadonlyMap<string, Place> = new Map([["request", { line: 8, column: 3 }]]);
const said = "receive: is never closed";
type Places = ReadonlyMap<string, Place> | undefined;
test.for<[name: string, ofService: Places, own: Partial<RealServer>, problem: PlanProblem]>([
  [
    "the server's own directive",
    at(5),
    { places: at(9) },
    { line: 9, column: 20, directive: "receive", text: "is never closed" },
  ],
  [
    "its service's",
    at(5),
    { places: elsewhere },
    { line: 5, column: 20, directive: "receive", text: "is never closed" },
  ],
  ["the service, when nobody knows where it is", elsewhere, {}, { line: 4, text: said }],
  [
    "the server's line, when it asks its own way",
    elsewhere,
    { request: "/" },
    { line: 2, text: said },
  ],
])("what a check says of a directive is told of %s", ([, places, own, problem]) => {
  const virtual = one({ line: 4, ...(places && { places }) }, realServer("10.0.0.3:80", own));
  expect(
    problemsOf(
      [virtual],
      askedBy(() => err([said])),
    ),
  ).toEqual([problem]);
  const specs = planned(
    [virtual, { ...virtual, key: tcp("10.0.0.2:80") }],
    askedBy(() => ok({ staysDown: said })),
  );
  const isKnown = problem.directive !== undefined;
  expect(planWarnings(specs)).toEqual([
    isKnown
      ? { ...problem, text: "is never closed; a server that is checked by it stays down" }
      : { line: 2, text: `real=10.0.0.3:80 stays down: ${said}` },
  ]);
});

test("of servers that can come up there is nothing to warn of", () => {
  expect(planWarnings(specsOf(one({}), one({ key: otherVip, checkType: "on" })))).toEqual([]);
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
