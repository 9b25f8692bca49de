/** The rules of several directors: sync daemons, and whose the address is. */
import { expect, test } from "vitest";
import { examine } from "../../../src/doctor/examine.ts";
import type { Facts } from "../../../src/doctor/facts.ts";
import type { IniSettings } from "../../../src/ini/sections.ts";
import type { SyncDaemon } from "../../../src/ipvs/sync-daemon.ts";
import { err, ok } from "../../../src/model/result.ts";
import type { Word } from "../../../src/role/role.ts";
import { facts, link, loopback, service, sysctls, through, vip, ways } from "./facts.ts";

type Start = NonNullable<NonNullable<IniSettings["sync"]>["start"]>["word"];
const place = { line: 1, column: 1 };
const asked = (word: Start, name = "eth1"): NonNullable<IniSettings["sync"]> => ({
  start: { word, place },
  interface: name,
  id: 7,
});
const runs = (state: SyncDaemon["state"], more: Partial<SyncDaemon> = {}): SyncDaemon => ({
  ...{ state, interface: "eth1", id: 7, maxBytes: 1464 },
  ...more,
});
const active: Word = { kind: "role", role: "active", why: "" };
const spare: Word = { kind: "role", role: "spare", why: "" };
const fromFirst = { "net.ipv4.vs.sync_threshold": "0\t0", "net.ipv4.vs.sync_refresh_period": "10" };

interface Pair {
  readonly start?: Start;
  readonly device?: string;
  readonly says?: Facts["role"];
  readonly running?: readonly SyncDaemon[];
  readonly more?: Partial<Facts>;
}
function pair({ start, device, says, running = [], more = {} }: Pair): Facts {
  return facts(service("gate"), {
    ini: {
      ...(start && { sync: asked(start, device) }),
      ...(says && { role: { follow: { kind: "vip" } } }),
    },
    role: says,
    syncDaemons: ok(running),
    ...sysctls(fromFirst),
    ...more,
  });
}

/** `id: what`, or `id?` of what was not seen, of these rules and `vip-missing`. */
function told(of: Facts): string[] {
  const { findings, unseen } = examine(of);
  return [...findings.filter(({ severity }) => severity !== "fine"), ...unseen].flatMap((each) => {
    if (!/^(sync-|vip-missing)/.test(each.id)) return [];
    return "severity" in each ? [`${each.id}: ${each.what}`] : [`${each.id}?`];
  });
}

const elsewhere = ways({ [vip]: through("eth0") });

test.for<[name: string, of: Facts, told: readonly string[]]>([
  ["nothing is asked for", pair({ more: sysctls({}) }), []],
  ["off", pair({ start: "off", running: [runs("master", { id: 1 })] }), []],
  ["as asked", pair({ start: "both", running: [runs("master"), runs("backup")] }), []],
  ["the active one", pair({ start: "role", says: ok(active), running: [runs("master")] }), []],
  ["the spare", pair({ start: "role", says: ok(spare), running: [runs("backup")] }), []],
  [
    "nothing runs",
    pair({ start: "role", says: ok(active) }),
    ["sync-daemon: the sync daemon as master on eth1, id 7 does not run"],
  ],
  [
    "it runs by another interface",
    pair({ start: "master", running: [runs("master", { interface: "eth0" })] }),
    [
      "sync-daemon: the sync daemon as master on eth1, id 7 is asked for, and the sync daemon as master on eth0, id 7 runs otherwise",
    ],
  ],
  [
    "a spare that tells, and does not hear",
    pair({ start: "role", says: ok(spare), running: [runs("master")] }),
    [
      "sync-daemon: the sync daemon as master on eth1, id 7 runs, and the role of this director does not ask for it",
      "sync-daemon: the sync daemon as backup on eth1, id 7 does not run",
    ],
  ],
  [
    "two masters, and the role moves",
    pair({ start: "master", says: ok(spare), running: [runs("master")] }),
    ["sync-one-way: [sync] start = master"],
  ],
  [
    "no such interface",
    pair({ start: "backup", device: "eth9", running: [runs("backup", { interface: "eth9" })] }),
    ["sync-interface: [sync] interface = eth9, and there is none"],
  ],
  [
    "one that is down",
    pair({
      ...{ start: "backup", running: [runs("backup")] },
      more: { links: ok([loopback(), link("eth1", ["10.0.0.1/24"], { isUp: false })]) },
    }),
    ["sync-interface: eth1 is down"],
  ],
  [
    "one without an address",
    pair({
      ...{ start: "backup", running: [runs("backup")] },
      more: { links: ok([loopback(), link("eth1", ["fd00::1/64"])]) },
    }),
    ["sync-interface: eth1 has no address of IPv4"],
  ],
  [
    "the kernel's own thresholds",
    pair({
      ...{ start: "master", running: [runs("master")] },
      more: sysctls({
        "net.ipv4.vs.sync_threshold": "3\t50",
        "net.ipv4.vs.sync_refresh_period": "0",
      }),
    }),
    ['sync-threshold: net.ipv4.vs.sync_threshold is "3 50", sync_refresh_period 0'],
  ],
  [
    "the thresholds cannot be seen",
    pair({ start: "master", running: [runs("master")], more: sysctls({}) }),
    ["sync-threshold?"],
  ],
  [
    "connections that the other could go on with are reset",
    pair({
      ...{ start: "master", running: [runs("master")] },
      more: sysctls({ ...fromFirst, "net.ipv4.vs.expire_nodest_conn": "1" }),
    }),
    ["sync-resets: net.ipv4.vs.expire_nodest_conn is 1"],
  ],
  [
    "who runs cannot be seen",
    pair({ start: "both", more: { syncDaemons: err("EPERM") } }),
    ["sync-daemon?"],
  ],
  ["a spare has no address", pair({ says: ok(spare), more: elsewhere }), []],
  [
    "an active one without its address",
    pair({ says: ok(active), more: elsewhere }),
    [`vip-missing: ${vip} is on no interface of this director`],
  ],
  [
    "by the address itself, none is missing",
    pair({ says: ok({ kind: "addresses", own: new Set(["192.0.2.9"]) }), more: elsewhere }),
    [],
  ],
  [
    "a command knows",
    pair({ start: "role", says: err("a command"), more: elsewhere }),
    ["vip-missing?", "sync-daemon?"],
  ],
])("%s", ([, of, expected]) => {
  expect(told(of)).toEqual(expected);
});

test("what runs otherwise is stopped, and started with all that the file says", () => {
  const of = pair({ start: "master", running: [runs("master", { id: 8 })] });
  const sync = { ...of.ini.sync, maxBytes: 1400, group: "224.0.0.82", port: 8849, ttl: 2 };
  const { findings } = examine({ ...of, ini: { sync } });
  expect(findings.find(({ id }) => id === "sync-daemon")?.mend?.commands).toEqual([
    "ldirectorctl sync stop master",
    "ldirectorctl sync start master --interface eth1 --id 7 --maxlen 1400 --group 224.0.0.82 --port 8849 --ttl 2",
  ]);
});
