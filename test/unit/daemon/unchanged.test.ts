/** A reload of what has not changed: nothing is worked out again, and nothing is asked of the table. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadChecks } from "../../../checks/registry.ts";
import { NameMemory } from "../../../src/config/names/memory.ts";
import { type Daemon, startDaemon } from "../../../src/daemon/daemon.ts";
import { prepare } from "../../../src/daemon/prepare.ts";
import { EmbeddedIpvs } from "../../../src/ipvs/embedded-ipvs.ts";
import { err, ok } from "../../../src/model/result.ts";
import { type MemoryLog, memoryLog } from "../../support/fakes/memory-log.ts";
import { ScriptedIpvs } from "../../support/fakes/scripted-ipvs.ts";

let folder = "";
let log: MemoryLog;
let ipvs: ScriptedIpvs;
let daemon: Daemon;
/** What a name server says of the real server's name. */
let address = "127.0.0.2";

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const web = (...lines: readonly string[]) =>
  ["virtual=127.0.0.1:80", "\treal=rs.example:80 masq", "\tchecktype=on", ...lines, ""].join("\n");

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "unchanged-"));
  address = "127.0.0.2";
  log = memoryLog();
  ipvs = new ScriptedIpvs(new EmbeddedIpvs());
  mkdirSync(join(folder, "logs"));
  write("web.cf", web(`\tmonitorfile=${folder}/logs/monitor`));
  const options = {
    memory: new NameMemory(),
    resolver: {
      host: async () => (address === "" ? err("no name server answers") : ok(address)),
      service: async () => err("none"),
    },
  };
  const checks = await loadChecks();
  const read = () => prepare(join(folder, "web.cf"), checks, options);
  const prepared = await read();
  if (!prepared.ok) throw new Error(prepared.problems.map(({ text }) => text).join("\n"));
  daemon = await startDaemon({ log, ipvs, prepared, prepareAgain: read, rereadMs: 0 });
});
afterEach(async () => {
  await daemon.stop("TERM");
  rmSync(folder, { recursive: true, force: true });
});

test("it is done, told, and the very same goes on", async () => {
  const before = daemon.current();
  ipvs.restartCount();
  expect(await daemon.reload("signal")).toBe(true);
  expect(daemon.current()).toBe(before);
  expect(ipvs.ops).toEqual([]);
  expect(log.all("reload-signal")).toHaveLength(1);
  const none = { added: { count: 0 }, changed: { count: 0 }, removed: { count: 0 } };
  expect(daemon.lastReload()).toMatchObject({
    worked: true,
    problems: [],
    changes: { services: none, servers: none },
  });
});

test.for<[name: string, change: () => void]>([
  ["a line of the file", () => write("web.cf", web("\tscheduler=rr"))],
  ["the ini beside it", () => write("ldirectord-ng.ini", "[table]\nreread-seconds = 7\n")],
  [
    "the address of a name",
    () => {
      address = "127.0.0.3";
    },
  ],
  ["a folder that it names", () => rmSync(join(folder, "logs"), { recursive: true })],
])("another %s is a change", async ([, change]) => {
  const before = daemon.current();
  change();
  await daemon.reload("signal");
  expect(daemon.current() === before && daemon.lastReload()?.worked).toBe(false);
});

test("a name that can not be looked up any more keeps its address, and is a change", async () => {
  const before = daemon.current();
  address = "";
  expect(await daemon.reload("signal")).toBe(true);
  expect(daemon.current()).not.toBe(before);
  expect(daemon.current().config.virtuals[0]?.reals[0]?.endpoint.address).toBe("127.0.0.2");
});
