import fc from "fast-check";
import { expect, test } from "vitest";
import { configChanges } from "../../../src/config/changes.ts";
import { atOnce } from "../../../src/config/turns.ts";
import { Secret } from "../../../src/model/secret.ts";
import type { VirtualService } from "../../../src/model/virtual-service.ts";
import { config, realServer, tcp, udp, virtualService } from "../../support/builders.ts";

const web = tcp("10.0.0.1:80");
const A = realServer("10.0.0.3:80");
const B = realServer("10.0.0.4:80");

/** `+ service`, `~ server`, `- server`: of what has changed, in words. */
function changes(before: readonly VirtualService[], after: readonly VirtualService[]): string[] {
  const { services, servers } = atOnce(configChanges(config(before), config(after)));
  return [services, servers].flatMap(({ added, changed, removed }) => [
    ...added.names.map((name) => `+ ${name}`),
    ...changed.names.map((name) => `~ ${name}`),
    ...removed.names.map((name) => `- ${name}`),
  ]);
}

const before = [virtualService(web, [A, B])];
const server = "10.0.0.3:80 (10.0.0.1:80)";

test.for<[name: string, after: readonly VirtualService[], told: readonly string[]]>([
  ["nothing", before, []],
  [
    "the same on other lines",
    [
      virtualService(
        web,
        [
          { ...A, line: 9 },
          { ...B, line: 8 },
        ],
        { line: 7 },
      ),
    ],
    [],
  ],
  ["the same in another order", [virtualService(web, [B, A])], []],
  ["a weight", [virtualService(web, [{ ...A, weight: 5 }, B])], [`~ ${server}`]],
  [
    "a forwarding method",
    [virtualService(web, [{ ...A, forwarding: "masq" }, B])],
    [`~ ${server}`],
  ],
  ["a threshold", [virtualService(web, [{ ...A, upperThreshold: 5 }, B])], [`~ ${server}`]],
  ["a server's own request", [virtualService(web, [{ ...A, request: "/x" }, B])], [`~ ${server}`]],
  ["a server's own receive", [virtualService(web, [{ ...A, receive: "x" }, B])], [`~ ${server}`]],
  ["a server less", [virtualService(web, [B])], [`- ${server}`]],
  [
    "a server more",
    [virtualService(web, [A, B, realServer("10.0.0.5:80")])],
    ["+ 10.0.0.5:80 (10.0.0.1:80)"],
  ],
  ["a scheduler", [virtualService(web, [A, B], { scheduler: "lc" })], ["~ 10.0.0.1:80"]],
  ["a check", [virtualService(web, [A, B], { service: "https" })], ["~ 10.0.0.1:80"]],
  ["a service less", [], ["- 10.0.0.1:80", `- ${server}`, "- 10.0.0.4:80 (10.0.0.1:80)"]],
  ["udp beside tcp", [...before, virtualService(udp("10.0.0.1:80"), [])], ["+ udp:10.0.0.1:80"]],
])("%s", ([, after, told]) => {
  expect(changes(before, after)).toEqual(told);
});

test("another password is a change, the same one is none, and neither is told", () => {
  const withSecret = (text: string) => [virtualService(web, [A], { passwd: new Secret(text) })];
  expect(changes(withSecret("one"), withSecret("one"))).toEqual([]);
  const told = atOnce(configChanges(config(withSecret("one")), config(withSecret("two"))));
  expect(told.services.changed).toEqual({ count: 1, names: ["10.0.0.1:80"] });
  expect(JSON.stringify(told)).not.toMatch(/one|two/);
});

test("of many, fifty are named and all are counted", () => {
  const many = Array.from({ length: 300 }, (_, i) => realServer(`10.0.1.1:${i + 1}`));
  const { servers } = atOnce(configChanges(config([]), config([virtualService(web, many)])));
  expect(servers.added.count).toBe(300);
  expect(servers.added.names).toHaveLength(50);
});

test("whatever two files are: what is added one way is removed the other, and nothing is both", () => {
  const service = fc
    .record({
      port: fc.integer({ min: 1, max: 4 }),
      servers: fc.uniqueArray(fc.integer({ min: 1, max: 4 })),
      weight: fc.integer({ min: 1, max: 2 }),
    })
    .map(({ port, servers, weight }) =>
      virtualService(
        tcp(`10.0.0.1:${port}`),
        servers.map((last) => realServer(`10.0.0.${last}:80`, { weight })),
      ),
    );
  const file = fc.uniqueArray(service, { selector: ({ key }) => JSON.stringify(key) });
  fc.assert(
    fc.property(file, file, (one, other) => {
      const there = changes(one, other);
      const back = changes(other, one);
      const turned = back.map((line) =>
        line.replace(/^[+-]/, (mark) => (mark === "+" ? "-" : "+")),
      );
      expect(turned.sort()).toEqual(there.sort());
      const names = there.map((line) => line.slice(2));
      expect(new Set(names).size).toBe(names.length);
      expect(changes(one, one)).toEqual([]);
    }),
  );
});
