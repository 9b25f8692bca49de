import { expect, test } from "vitest";
import { createKernelSettings } from "../../../src/daemon/kernel-settings.ts";
import { NetlinkError } from "../../../src/errors.ts";
import { parseIni } from "../../../src/ini/ini.ts";
import type { IniSettings } from "../../../src/ini/sections.ts";
import { EmbeddedIpvs } from "../../../src/ipvs/embedded-ipvs.ts";
import type { SyncDaemon } from "../../../src/ipvs/sync-daemon.ts";
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
