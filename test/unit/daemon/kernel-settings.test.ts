import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { createKernelSettings } from "../../../src/daemon/kernel-settings.ts";
import { NetlinkError } from "../../../src/errors.ts";
import { parseIni } from "../../../src/ini/ini.ts";
import type { IniSettings } from "../../../src/ini/sections.ts";
import { EmbeddedIpvs } from "../../../src/ipvs/embedded-ipvs.ts";
import type { SyncDaemon } from "../../../src/ipvs/sync-daemon.ts";
import type { Role } from "../../../src/role/role.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";

function ini(...lines: readonly string[]): IniSettings {
  const read = parseIni(lines.join("\n"));
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
}
const sync = (start: string, ...more: readonly string[]) =>
  ini("[sync]", `start = ${start}`, "interface = lo", ...more);

const daemonAs = (state: SyncDaemon["state"], id: number): SyncDaemon => ({
  state,
  interface: "lo",
  id,
});

function open(ipvs = new EmbeddedIpvs()) {
  const log = memoryLog();
  return { ipvs, log, settings: createKernelSettings(ipvs, log) };
}

test("a file that asks for nothing has nothing done, at start and at the end", async () => {
  const { ipvs, log, settings } = open();
  await ipvs.startSync(daemonAs("backup", 9));
  await settings.follow(ini());
  await settings.follow(sync("off"));
  await settings.end(undefined);
  expect(await ipvs.syncDaemons()).toEqual([daemonAs("backup", 9)]);
  expect(log.lines).toEqual([]);
});

test("a sync daemon is started, changed and stopped as the file goes, and told", async () => {
  const { ipvs, log, settings } = open();
  await settings.follow(sync("both", "id = 7", "ttl = 2"));
  expect(await ipvs.syncDaemons()).toEqual([
    { ...daemonAs("master", 7), ttl: 2 },
    { ...daemonAs("backup", 7), ttl: 2 },
  ]);
  // Read again, where nothing has changed of it.
  await settings.follow(sync("both", "# a word", "id = 7", "ttl = 2", "[timeouts]"));
  await settings.follow(sync("master", "id = 8"));
  expect(await ipvs.syncDaemons()).toEqual([daemonAs("master", 8)]);
  await settings.follow(ini());
  expect(await ipvs.syncDaemons()).toEqual([]);
  expect(log.lines).toEqual([
    "Started the IPVS sync daemon as master on lo, id 7",
    "Started the IPVS sync daemon as backup on lo, id 7",
    "Stopped the IPVS sync daemon as master",
    "Started the IPVS sync daemon as master on lo, id 8",
    "Stopped the IPVS sync daemon as backup",
    "Stopped the IPVS sync daemon as master",
  ]);
});

test("stop takes away what runs for the file, a hand-over what the next file does not ask for", async () => {
  const { ipvs, settings } = open();
  await settings.follow(sync("both"));
  await settings.end(sync("master", "id = 3"));
  expect(await ipvs.syncDaemons()).toEqual([daemonAs("master", 0)]);
  // The next daemon takes on what is as it wants it, and has the other anew.
  const next = open(ipvs);
  await next.settings.follow(sync("master", "id = 0"));
  expect(next.log.lines).toEqual([]);
  await next.settings.follow(sync("master", "id = 3"));
  expect(await ipvs.syncDaemons()).toEqual([daemonAs("master", 3)]);
  await next.settings.end(undefined);
  expect(await ipvs.syncDaemons()).toEqual([]);
});

test("one that runs otherwise than the file asks is started anew", async () => {
  const { ipvs, log, settings } = open();
  await ipvs.startSync(daemonAs("master", 1));
  await settings.follow(sync("master", "id = 2"));
  expect(await ipvs.syncDaemons()).toEqual([daemonAs("master", 2)]);
  expect(log.all("sync-stopped")).toMatchObject([{ state: "master" }]);
});

test("what another hand put in its place, or an operator ordered, is not ours to stop", async () => {
  const { ipvs, log, settings } = open();
  await settings.follow(sync("both"));
  await ipvs.stopSync("backup");
  await ipvs.startSync(daemonAs("backup", 5));
  await settings.stopSync("master", "root");
  await settings.follow(sync("both", "[timeouts]", "udp = 300"));
  await settings.end(undefined);
  expect(await ipvs.syncDaemons()).toEqual([daemonAs("backup", 5)]);
  expect(log.lines.slice(2)).toEqual(["Stopped the IPVS sync daemon as master (ordered by root)"]);
});

test("timeouts are set when they are new in the file and differ, and stay when it is silent", async () => {
  const { ipvs, log, settings } = open();
  await settings.follow(ini("[timeouts]", "tcp = 60", "udp = 300"));
  expect(await ipvs.timeouts()).toEqual({ tcp: 60, tcpFin: 120, udp: 300 });
  await settings.setTimeouts({ tcp: 70 }, "ops");
  await settings.follow(ini("[timeouts]", "tcp = 60", "udp = 300"));
  await settings.follow(ini());
  await settings.end(undefined);
  expect(await ipvs.timeouts()).toEqual({ tcp: 70, tcpFin: 120, udp: 300 });
  expect(log.lines).toEqual([
    "Set the IPVS timeouts: tcp 60 s, tcp-fin 120 s, udp 300 s",
    "Set the IPVS timeouts: tcp 70 s, tcp-fin 120 s, udp 300 s (ordered by ops)",
  ]);
});

test("what the kernel refuses is told, keeps nothing else back, and is tried again by the next reload", async () => {
  let isThere = false;
  class WithoutInterface extends EmbeddedIpvs {
    override async startSync(daemon: SyncDaemon): Promise<void> {
      if (!isThere) throw new NetlinkError("ENODEV", "start the IPVS sync daemon as master on lo");
      await super.startSync(daemon);
    }
  }
  const { ipvs, log, settings } = open(new WithoutInterface());
  const wanted = sync("master", "[timeouts]", "tcp = 60");
  await settings.follow(wanted);
  expect(log.lines).toEqual([
    "Can not start the IPVS sync daemon as master on lo: ENODEV",
    "Set the IPVS timeouts: tcp 60 s, tcp-fin 120 s, udp 300 s",
  ]);
  isThere = true;
  await settings.follow(wanted);
  expect(await ipvs.syncDaemons()).toHaveLength(1);
  ipvs.close();
  await settings.end(undefined);
  expect(log.lines.at(-1)).toBe("Can not list IPVS sync daemons: EBADF");
});

test("an order that is refused is the operator's to hear, and nothing is told of it", async () => {
  const { log, settings } = open();
  await expect(settings.stopSync("master", "root")).rejects.toMatchObject({ errno: "ESRCH" });
  await expect(settings.setTimeouts({ tcp: 0 }, "root")).rejects.toMatchObject({ errno: "ERANGE" });
  expect(log.lines).toEqual([]);
});

const byRole = (...more: readonly string[]) => sync("role", ...more, "[role]", "follow = vip");
const held = (...roles: readonly Role[]): ReadonlySet<Role> => new Set(roles);
const states = async (ipvs: EmbeddedIpvs) =>
  (await ipvs.syncDaemons()).map(({ state }) => state).sort();

test("by role: master while active, backup while spare, both where it is both", async () => {
  const { ipvs, log, settings } = open();
  await settings.followRoles(held("spare"));
  await settings.follow(byRole("id = 7"));
  expect(await ipvs.syncDaemons()).toEqual([daemonAs("backup", 7)]);
  await settings.followRoles(held("active"));
  expect(await ipvs.syncDaemons()).toEqual([daemonAs("master", 7)]);
  expect(log.lines.slice(1)).toEqual([
    "Started the IPVS sync daemon as master on lo, id 7",
    "Stopped the IPVS sync daemon as backup",
  ]);
  await settings.followRoles(held("active", "spare"));
  expect(await states(ipvs)).toEqual(["backup", "master"]);
  expect(await settings.shown()).toEqual({
    wanted: [daemonAs("master", 7), daemonAs("backup", 7)],
    running: await ipvs.syncDaemons(),
  });
  await settings.end(byRole("id = 7"));
  expect(await states(ipvs)).toEqual(["backup", "master"]);
  await settings.end(undefined);
  expect(await states(ipvs)).toEqual([]);
});

test("moves that come faster than the kernel takes them end in the last", async () => {
  const { ipvs, log, settings } = open();
  await settings.follow(byRole());
  const moves = [held("spare"), held("active"), held("spare"), held("active")];
  await Promise.all(moves.map((roles) => settings.followRoles(roles)));
  expect(await states(ipvs)).toEqual(["master"]);
  expect(log.lines).toHaveLength(1);
});

test("one that another hand runs is left alone when the role goes from it", async () => {
  const { ipvs, settings } = open();
  await settings.follow(byRole());
  await settings.followRoles(held("active"));
  await ipvs.stopSync("master");
  await ipvs.startSync(daemonAs("master", 9));
  await settings.followRoles(held("spare"));
  expect(await ipvs.syncDaemons()).toEqual([daemonAs("master", 9), daemonAs("backup", 0)]);
});

test("any roles and reloads end in the sync daemons that the last ones ask for", async () => {
  const wishes = ["master", "backup", "both", "off", "role"] as const;
  const role = fc.subarray<Role>(["active", "spare"]);
  const step = fc.oneof(
    fc.record({ wish: fc.constantFrom(...wishes), id: fc.integer({ min: 0, max: 2 }) }),
    role,
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 12 }),
      fc.array(fc.boolean()),
      async (steps, waits) => {
        const { ipvs, settings } = open();
        let wanted = { wish: "off" as (typeof wishes)[number], id: 0 };
        let roles: readonly Role[] = [];
        const pending: Promise<void>[] = [];
        for (const [i, each] of steps.entries()) {
          if ("wish" in each) {
            wanted = each;
            const more = [`id = ${each.id}`, "[role]", "follow = vip"];
            pending.push(settings.follow(sync(each.wish, ...more)));
          } else {
            roles = each;
            pending.push(settings.followRoles(held(...each)));
          }
          if (waits[i] === true) await Promise.all(pending);
        }
        await Promise.all(pending);
        const { wish } = wanted;
        const isAs = (state: string, word: Role) =>
          wish === state || wish === "both" || (wish === "role" && roles.includes(word));
        const running = (await ipvs.syncDaemons()).map(({ state, id }) => `${state} ${id}`);
        expect(running.sort()).toEqual([
          ...(isAs("backup", "spare") ? [`backup ${wanted.id}`] : []),
          ...(isAs("master", "active") ? [`master ${wanted.id}`] : []),
        ]);
        await settings.end(undefined);
        expect(await ipvs.syncDaemons()).toEqual([]);
      },
    ),
    { numRuns: 200 },
  );
});

test("an interface that comes later is found by itself, and its lack is told once", async () => {
  vi.useFakeTimers();
  try {
    let isThere = false;
    class WithoutInterface extends EmbeddedIpvs {
      override async startSync(daemon: SyncDaemon): Promise<void> {
        if (!isThere)
          throw new NetlinkError("ENODEV", "start the IPVS sync daemon as master on lo");
        await super.startSync(daemon);
      }
    }
    const { ipvs, log, settings } = open(new WithoutInterface());
    await settings.follow(sync("master"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(log.lines).toEqual(["Can not start the IPVS sync daemon as master on lo: ENODEV"]);
    expect(await settings.shown()).toEqual({ wanted: [daemonAs("master", 0)], running: [] });
    isThere = true;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await states(ipvs)).toEqual(["master"]);
    await settings.end(undefined);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await states(ipvs)).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
});
