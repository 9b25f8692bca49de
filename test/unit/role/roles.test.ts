import { afterEach, expect, test } from "vitest";
import type { RoleSettings } from "../../../src/ini/role-keys.ts";
import { serviceId, type VirtualService } from "../../../src/model/virtual-service.ts";
import { createCommandRunner } from "../../../src/programs/runner.ts";
import type { Word } from "../../../src/role/role.ts";
import { createRoles, type Roles } from "../../../src/role/roles.ts";
import { tcp, virtualService } from "../../support/builders.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";

const [one, two] = [tcp("10.0.0.1:80"), tcp("10.0.0.2:80")].map((key) =>
  virtualService(key, []),
) as [VirtualService, VirtualService];
const vip: RoleSettings = { follow: { kind: "vip" } };
const own = (...addresses: readonly string[]): Word => ({
  kind: "addresses",
  own: new Set(addresses),
});

let roles: Roles | undefined;
afterEach(() => roles?.stop());

function open() {
  const log = memoryLog();
  let say: (word: Word) => void = () => {};
  let stops = 0;
  const held: string[] = [];
  const opened: Roles = createRoles({
    log,
    commands: createCommandRunner({ logger: log }),
    onChange: () => held.push([...opened.held()].sort().join("+")),
    followVip: (tell) => {
      say = tell;
      return { stop: () => stops++ };
    },
  });
  roles = opened;
  const role = () => [one, two].map(({ key }) => opened.of(serviceId(key))?.role);
  return { log, roles: opened, role, held, say: (word: Word) => say(word), stops: () => stops };
}

test("each service has its own role, and a move is one line for those that move together", async () => {
  const { log, roles, role, say, held } = open();
  const known = roles.follow([one, two], vip);
  expect(role()).toEqual([undefined, undefined]);
  say(own("10.0.0.1"));
  await known;
  expect(role()).toEqual(["active", "spare"]);
  say(own("10.0.0.1", "192.0.2.1"));
  say(own());
  expect(log.lines).toEqual([
    "Now active for 10.0.0.1:80: 10.0.0.1 is on this host",
    "Now spare for 10.0.0.2:80: 10.0.0.2 is on no interface of this host",
    "Now spare for 10.0.0.1:80: 10.0.0.1 is on no interface of this host",
  ]);
  expect(held).toEqual(["active+spare", "active+spare", "spare"]);
});

test("who can not tell is told of once for each reason, and makes active", async () => {
  const { log, roles, role, say } = open();
  void roles.follow([one], vip);
  say({ kind: "unknown", why: "no answer" });
  say({ kind: "unknown", why: "no answer" });
  say({ kind: "unknown", why: "no luck" });
  expect(role()[0]).toBe("active");
  say(own("10.0.0.1"));
  expect(log.lines).toEqual([
    "Can not tell whether active or spare for 10.0.0.1:80, so it is active: no answer",
    "Can not tell whether active or spare for 10.0.0.1:80, so it is active: no luck",
    "Now active for 10.0.0.1:80: 10.0.0.1 is on this host",
  ]);
});

test("a reload: a new service has its role at once, another one to follow only when it has answered", async () => {
  const { roles, role, say, stops } = open();
  void roles.follow([one], vip);
  say(own());
  await roles.follow([one, two], { ...vip });
  expect(role()).toEqual(["spare", "spare"]);
  const late = say;
  const known = roles.follow([one, two], { follow: { kind: "command", line: "exit 0" } });
  expect(role()).toEqual(["spare", "spare"]);
  expect(stops()).toBe(1);
  late(own("10.0.0.2"));
  expect(role()).toEqual(["spare", "spare"]);
  await known;
  expect(role()).toEqual(["active", "active"]);
  await roles.follow([one, two], undefined);
  expect(role()).toEqual([undefined, undefined]);
});

test.for<[line: string, role: string, log: string]>([
  ["exit 0", "active", "Now active for 10.0.0.1:80: exit 0: exit status 0"],
  ["exit 1", "spare", "Now spare for 10.0.0.1:80: exit 1: exit status 1"],
  [
    "exit 2",
    "active",
    "Can not tell whether active or spare for 10.0.0.1:80, so it is active: exit 2: exit status 2",
  ],
  [
    "kill $$",
    "active",
    "Can not tell whether active or spare for 10.0.0.1:80, so it is active: kill $$: killed by SIGTERM",
  ],
])("a command: %s", async ([line, role, told]) => {
  const opened = open();
  await opened.roles.follow([one], { follow: { kind: "command", line } });
  expect(opened.role()[0]).toBe(role);
  expect(opened.log.lines).toEqual([told]);
});

test("more services than fit a line are counted", async () => {
  const { log, roles, say } = open();
  const many = Array.from({ length: 9 }, (_, n) => virtualService(tcp(`10.0.0.1:${n + 1}`), []));
  void roles.follow(many, vip);
  say(own());
  expect(log.lines).toEqual([
    "Now spare for 10.0.0.1:1, 10.0.0.1:2, 10.0.0.1:3, 10.0.0.1:4 and 5 more: 10.0.0.1 is on no interface of this host",
  ]);
});
