import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  addressForm,
  Maintenance,
  maintenanceNames,
} from "../../../../src/health/maintenance/maintenance.ts";
import { Supervisor } from "../../../../src/health/supervisor.ts";
import { endpoint, monitorSpec } from "../../../support/builders.ts";
import { type MemoryLog, memoryLog } from "../../../support/fakes/memory-log.ts";
import { type Act, fine, refused, ScriptedProbe } from "../scripted.ts";

test.for<[name: string, comparable: string | undefined]>([
  ["10.0.0.3", "10.0.0.3"],
  ["10.0.0.3:80", "10.0.0.3:80"],
  ["[fd00::2]", "[fd00::2]"],
  ["[FD00:0::2]:080", "[fd00::2]:80"],
  ["fd00::2", "[fd00::2]"],
  ["web1", undefined],
  ["web1.example.com:80", undefined],
  ["10.0.0", undefined],
  ["README", undefined],
])("file %s is about %s", ([name, comparable]) => {
  expect(addressForm(name)).toBe(comparable);
});

test.for<[name: string, real: string, hosts: string[], tried: string[]]>([
  [
    "the six forms in their order",
    "10.0.0.3:80",
    ["web1.example.com"],
    ["10.0.0.3:80", "10.0.0.3", "web1.example.com:80", "web1.example.com", "web1:80", "web1"],
  ],
  ["port 0 for a server without one", "10.0.0.3:0", [], ["10.0.0.3:0", "10.0.0.3"]],
  ["IPv6 in brackets", "fd00::2:80", [], ["[fd00::2]:80", "[fd00::2]"]],
  [
    "no short form of a name that begins with a digit",
    "10.0.0.3:80",
    ["3.pool.example"],
    ["10.0.0.3:80", "10.0.0.3", "3.pool.example:80", "3.pool.example"],
  ],
])("a server is looked for by %s", ([, real, hosts, tried]) => {
  expect(maintenanceNames(endpoint(real), hosts)).toEqual(tried);
});

describe("a directory", () => {
  let directory: string;
  let log: MemoryLog;
  let changed: () => void;
  let maintenance: Maintenance;
  const web1 = endpoint("10.0.0.3:80");
  const addresses = new Set(["10.0.0.3"]);

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "maintenance-"));
    log = memoryLog();
    changed = () => {};
    maintenance = new Maintenance({
      log,
      clock: () => performance.now(),
      onChange: () => changed(),
      lookup: { reverse: () => Promise.reject(new Error("ENOTFOUND")), cancel: () => {} },
    });
  });
  afterEach(async () => {
    maintenance.stop();
    await rm(directory, { recursive: true, force: true });
  });

  test("a file that fits no real server is told once", async () => {
    for (const file of ["10.0.0.3", "10.0.0.4", "10.0.0.3:81", "wbe1", ".wbe1.swp"]) {
      await writeFile(join(directory, file), "");
    }
    maintenance.watch(directory, addresses, [web1]);
    const told = () => log.all("maintenance-unmatched").map(({ file }) => file);
    // The host name waits until the names of all servers are known.
    await vi.waitFor(() => expect(told()).toContain("wbe1"), { timeout: 5_000 });
    expect(told().sort()).toEqual(["10.0.0.3:81", "10.0.0.4", "wbe1"]);
  });

  test("is looked into before anything else, and again each second", async () => {
    await writeFile(join(directory, "10.0.0.3"), "");
    await maintenance.lookAhead(directory);
    maintenance.watch(directory, addresses);
    expect(maintenance.fileFor(web1)).toBe("10.0.0.3");
    const noticed = new Promise<void>((resolve) => {
      changed = resolve;
    });
    await rm(join(directory, "10.0.0.3"));
    await noticed;
    expect(maintenance.fileFor(web1)).toBeUndefined();
  });

  test("that does not exist holds nobody out and is logged", async () => {
    await maintenance.lookAhead(join(directory, "gone"));
    maintenance.watch(join(directory, "gone"), addresses);
    await vi.waitFor(() => expect(log.all("maintenance-dir-unreadable")).toHaveLength(1), {
      timeout: 10_000,
    });
    expect(maintenance.fileFor(web1)).toBeUndefined();
  });
});

describe("with a scripted directory", () => {
  type Listing = readonly string[] | Error;
  let listing: Listing | Promise<Listing>;
  let names: Record<string, readonly string[]>;
  let lookups: number;
  let isCancelled: boolean;
  /** The directories that were read, in order. */
  let looks: string[];
  let log: MemoryLog;
  let changes: string[];
  let health: Supervisor;
  const web = "tcp:10.0.0.1:80";
  const server = endpoint("10.0.0.3:80");
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  const failure = (code: string) => Object.assign(new Error(`${code}: scandir`), { code });
  const nobody = () => undefined;

  beforeEach(() => {
    vi.useFakeTimers();
    listing = [];
    names = {};
    lookups = 0;
    isCancelled = false;
    looks = [];
    log = memoryLog();
    changes = [];
    health = new Supervisor({
      log,
      onChange: (serviceId) => changes.push(serviceId),
      lag: { lostMs: () => 0 },
      limits: { underWay: 10 },
      readDirectory: async (path) => {
        looks.push(path);
        const found = await listing;
        if (found instanceof Error) throw found;
        return found;
      },
      lookup: {
        reverse: async (address) => {
          lookups++;
          const found = names[address];
          if (found === undefined) throw failure("ENOTFOUND");
          return found;
        },
        cancel: () => {
          isCancelled = true;
        },
      },
    });
  });
  afterEach(async () => {
    await health.stop();
    expect(isCancelled).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  /** Supervises one server, with a directory that is there. */
  const watch = async (act: Act | ((run: number) => Act), failureCount = 1) => {
    const probe = new ScriptedProbe(act);
    await health.lookAhead("/maintenance");
    health.replace([monitorSpec(probe.spec("p"), { failureCount })], nobody, "/maintenance");
    return probe;
  };

  test("a server is out at once whatever its failurecount, and not asked while it is", async () => {
    const probe = await watch(fine, 5);
    await pass(2000);
    const runs = probe.starts.length;
    listing = ["10.0.0.3:80"];
    await pass(1000);
    expect(health.maintenance(web, server)).toBe("10.0.0.3:80");
    expect(changes).toEqual([web, web]);
    expect(log.lines).toEqual(["Maintenance: 10.0.0.3:80 (10.0.0.1:80) by 10.0.0.3:80"]);
    await pass(60_000);
    expect(probe.starts).toHaveLength(runs);
  });

  test("when it is over the server is asked at once, and believed only then", async () => {
    listing = ["10.0.0.3"];
    const probe = await watch("silent");
    await pass(5000);
    expect(probe.starts).toHaveLength(0);
    listing = [];
    await pass(1002);
    expect(probe.starts).toHaveLength(1);
    expect(health.maintenance(web, server)).toBeUndefined();
    expect(health.health(web, server)).toEqual({ state: "unknown" });
    expect(log.lines.at(-1)).toBe("Maintenance over: 10.0.0.3:80 (10.0.0.1:80)");
  });

  test("a server that is down already is told of, too: another hand may have given it weight", async () => {
    await watch(refused);
    await pass(1000);
    listing = ["10.0.0.3"];
    await pass(1000);
    expect(changes).toEqual([web, web]);
    expect(log.all("maintenance-entered")).toHaveLength(1);
  });

  test("a server that was up comes back by a verdict, not by what was known before", async () => {
    await watch((run) => (run === 0 ? fine : "silent"));
    await pass(1000);
    expect(health.health(web, server).state).toBe("up");
    listing = ["10.0.0.3"];
    await pass(1000);
    listing = [];
    await pass(1000);
    expect(health.health(web, server).state).toBe("unknown");
  });

  test("a probe under way when maintenance begins says nothing", async () => {
    const probe = await watch("silent");
    await pass(1000);
    expect(probe.underWay).toBe(1);
    listing = ["10.0.0.3"];
    await pass(1000);
    expect(probe.underWay).toBe(0);
    await pass(10_000);
    expect(health.monitor(web, server)?.last).toBeUndefined();
  });

  test("a shared probe goes on for the server that is not held out", async () => {
    const probe = new ScriptedProbe(fine);
    const shared = probe.spec("p");
    const other = monitorSpec(shared, { real: "10.0.0.3:443" });
    listing = ["10.0.0.3:80"];
    health.replace([monitorSpec(shared), other], nobody, "/maintenance");
    await pass(25_000);
    expect(probe.starts.length).toBeGreaterThan(1);
    expect(health.health(web, server).state).toBe("unknown");
    expect(changes).toEqual([web, web]);
    expect(health.health(web, other.real).state).toBe("up");
    expect(health.maintenance(web, other.real)).toBeUndefined();
  });

  test("a first look lasts a second at most, and then nobody is held out", async () => {
    listing = new Promise(() => {});
    const watching = watch(fine);
    await pass(999);
    await pass(1);
    const probe = await watching;
    await pass(1500);
    expect(probe.starts).toHaveLength(1);
    await pass(4000);
    expect(log.all("maintenance-dir-unreadable")).toHaveLength(1);
  });

  test("who is in maintenance at the start is so from the first moment, asked or not", async () => {
    listing = ["10.0.0.3"];
    await health.lookAhead("/maintenance");
    health.replace([monitorSpec({ kind: "fixed", state: "up" })], nobody, "/maintenance");
    expect(health.maintenance(web, server)).toBe("10.0.0.3");
    expect(changes).toEqual([]);
  });

  test("what was found ahead counts for that directory and no other", async () => {
    listing = ["10.0.0.3"];
    await health.lookAhead("/elsewhere");
    listing = [];
    health.replace([monitorSpec({ kind: "fixed", state: "up" })], nobody, "/maintenance");
    expect(health.maintenance(web, server)).toBeUndefined();
  });

  test("a directory that can no longer be read changes nothing, is logged once, and once more next time", async () => {
    listing = ["10.0.0.3"];
    await watch(fine);
    await pass(1000);
    listing = failure("EACCES");
    await pass(10_000);
    expect(health.maintenance(web, server)).toBe("10.0.0.3");
    expect(log.all("maintenance-dir-unreadable")).toHaveLength(1);
    listing = ["10.0.0.3"];
    await pass(1000);
    listing = failure("EACCES");
    await pass(1000);
    expect(log.all("maintenance-dir-unreadable")).toHaveLength(2);
  });

  test("a reload to a directory that cannot be read holds nobody out, and says so", async () => {
    listing = ["10.0.0.3"];
    const probe = await watch(fine);
    await pass(1000);
    listing = failure("EACCES");
    await health.lookAhead("/elsewhere");
    health.replace([monitorSpec(probe.spec("p"))], nobody, "/elsewhere");
    await pass(1000);
    expect(health.maintenance(web, server)).toBeUndefined();
    expect(log.all("maintenance-dir-unreadable")).toMatchObject([{ path: "/elsewhere" }]);
    listing = ["10.0.0.3"];
    await pass(1000);
    listing = failure("EACCES");
    await pass(10_000);
    expect(health.maintenance(web, server)).toBe("10.0.0.3");
  });

  test("a directory that is gone holds nobody out, as with the original", async () => {
    listing = ["10.0.0.3"];
    await watch(fine);
    await pass(1000);
    listing = failure("ENOENT");
    await pass(1000);
    expect(health.maintenance(web, server)).toBeUndefined();
  });

  test("a reload without maintenancedir ends everybody's maintenance", async () => {
    listing = ["10.0.0.3"];
    const probe = await watch(refused);
    await pass(1000);
    changes.length = 0;
    health.replace([monitorSpec(probe.spec("p"))], nobody);
    expect(health.maintenance(web, server)).toBeUndefined();
    expect(changes).toEqual([]);
    await pass(1000);
    expect(health.health(web, server).state).toBe("down");
  });

  test("a reload in the midst of maintenance keeps it", async () => {
    listing = ["10.0.0.3"];
    const probe = await watch(fine);
    await pass(1000);
    health.replace([monitorSpec(probe.spec("p"))], nobody, "/maintenance");
    health.replace([monitorSpec(probe.spec("another check"))], nobody, "/maintenance");
    expect(health.maintenance(web, server)).toBe("10.0.0.3");
    await pass(20_000);
    expect(probe.starts).toHaveLength(0);
    expect(log.all("maintenance-entered")).toHaveLength(1);
  });

  test("host names are looked up only when the directory holds one", async () => {
    names = { "10.0.0.3": ["web1.example.com"] };
    listing = ["10.0.0.9", "[fd00::1]:80"];
    await watch(fine);
    await pass(3000);
    expect(lookups).toBe(0);
    listing = ["web1"];
    await pass(1000);
    expect(health.maintenance(web, server)).toBe("web1");
    await pass(60_000);
    expect(lookups).toBe(1);
  });

  test("no host name is looked up before the directory was read", async () => {
    listing = new Promise(() => {});
    const specs = [monitorSpec({ kind: "fixed", state: "up" })];
    health.replace(specs, nobody, "/maintenance");
    health.replace(specs, nobody, "/maintenance");
    await pass(100);
    expect(lookups).toBe(0);
  });

  test("the name of a server that comes back into the file is looked up anew", async () => {
    listing = ["web1"];
    names = { "10.0.0.3": ["web1.example.com"] };
    const specs = [monitorSpec({ kind: "fixed", state: "up" })];
    health.replace(specs, nobody, "/maintenance");
    await pass(1000);
    health.replace([], nobody, "/maintenance");
    await pass(1000);
    names = { "10.0.0.3": ["web2.example.com"] };
    health.replace(specs, nobody, "/maintenance");
    await pass(2000);
    expect(lookups).toBe(2);
    expect(health.maintenance(web, server)).toBeUndefined();
  });

  test("of a directory that is watched, and of none, there is no first look", async () => {
    await watch(fine);
    await pass(1500);
    const before = [...looks];
    await health.lookAhead("/maintenance");
    await health.lookAhead(undefined);
    expect(looks).toEqual(before);
  });

  test("a directory that the file does not name any more is read no more", async () => {
    const probe = await watch(fine);
    await pass(1500);
    health.replace([monitorSpec(probe.spec("p"))], nobody, "/elsewhere");
    looks = [];
    await pass(3000);
    expect([...new Set(looks)]).toEqual(["/elsewhere"]);
    health.replace([monitorSpec(probe.spec("p"))], nobody);
    looks = [];
    await pass(3000);
    expect(looks).toEqual([]);
  });

  test("a directory that answers no more changes nothing, and is told of", async () => {
    listing = ["10.0.0.3"];
    await watch(fine);
    await pass(1500);
    listing = new Promise(() => {});
    await pass(5000);
    expect(log.all("maintenance-dir-unreadable")).toEqual([]);
    await pass(1000);
    expect(log.all("maintenance-dir-unreadable")).toMatchObject([{ path: "/maintenance" }]);
    expect(health.maintenance(web, server)).toBe("10.0.0.3");
  });

  test("a reload to a directory that does not answer holds nobody out, after five seconds", async () => {
    listing = ["10.0.0.3"];
    const probe = await watch(fine);
    await pass(1500);
    listing = new Promise(() => {});
    health.replace([monitorSpec(probe.spec("p"))], nobody, "/elsewhere");
    await pass(4999);
    expect(health.maintenance(web, server)).toBe("10.0.0.3");
    await pass(1);
    expect(health.maintenance(web, server)).toBeUndefined();
    expect(log.all("maintenance-dir-unreadable")).toMatchObject([{ path: "/elsewhere" }]);
  });

  test("a late answer of a directory that is named no more is no answer, nor is its silence", async () => {
    let answer = (_: Listing): void => {};
    listing = new Promise((resolve) => {
      answer = resolve;
    });
    const specs = [monitorSpec({ kind: "fixed", state: "up" })];
    health.replace(specs, nobody, "/maintenance");
    await pass(1000);
    listing = [];
    health.replace(specs, nobody, "/elsewhere");
    expect(vi.getTimerCount()).toBeLessThanOrEqual(1);
    await pass(6000);
    expect(log.lines).toEqual([]);
    answer(["10.0.0.3"]);
    await pass(500);
    expect(health.maintenance(web, server)).toBeUndefined();
  });

  test("while there are no servers, no file is told of as one that fits none", async () => {
    listing = ["10.0.0.9"];
    health.replace([], nobody, "/maintenance");
    await pass(2000);
    expect(log.lines).toEqual([]);
    await watch(fine);
    await pass(2000);
    expect(log.all("maintenance-unmatched")).toHaveLength(1);
  });

  test("the name of a server that a reload adds is looked up at once", async () => {
    listing = ["web9"];
    names = { "10.0.0.9": ["web9.example.com"] };
    await watch(fine);
    await pass(1500);
    const specs = ["10.0.0.3:80", "10.0.0.9:80"].map((real) =>
      monitorSpec({ kind: "fixed", state: "up" }, { real }),
    );
    health.replace(specs, nobody, "/maintenance");
    await pass(0);
    expect(health.maintenance(web, endpoint("10.0.0.9:80"))).toBe("web9");
  });

  test("all servers of an address are held out by its name, once it is known", async () => {
    names = { "10.0.0.3": ["web1.example.com"] };
    listing = ["web1.example.com"];
    const reals = ["10.0.0.3:80", "10.0.0.4:80", "10.0.0.3:443"];
    const specs = reals.map((real) => monitorSpec({ kind: "fixed", state: "up" }, { real }));
    health.replace(specs, nobody, "/maintenance");
    await pass(1500);
    expect(reals.map((real) => health.maintenance(web, endpoint(real)))).toEqual([
      "web1.example.com",
      undefined,
      "web1.example.com",
    ]);
    expect(log.all("maintenance-unmatched")).toEqual([]);
  });

  test("another file that holds a server out as well is no news", async () => {
    listing = ["10.0.0.3"];
    await watch(fine);
    await pass(1500);
    const before = health.monitor(web, server);
    changes.length = 0;
    listing = ["10.0.0.3:80"];
    await pass(1500);
    expect(health.monitor(web, server)).toEqual({
      ...before,
      held: { by: "file", name: "10.0.0.3:80" },
    });
    expect(changes).toEqual([]);
    expect(log.all("maintenance-entered")).toHaveLength(1);
  });

  test("since when it counts as it does: since it entered, and since it left", async () => {
    await watch(fine);
    await pass(5000);
    listing = ["10.0.0.3"];
    await pass(1000);
    const entered = Date.now();
    expect(entered - (health.monitor(web, server)?.since ?? 0)).toBeLessThan(1000);
    await pass(5000);
    health.replace([monitorSpec({ kind: "fixed", state: "up" })], nobody, "/maintenance");
    expect(entered - (health.monitor(web, server)?.since ?? 0)).toBeLessThan(1000);
    listing = [];
    await pass(1000);
    expect(Date.now() - (health.monitor(web, server)?.since ?? 0)).toBeLessThan(1000);
  });

  test("an answer about one address is a look at its servers, not at all", async () => {
    const asked = vi.spyOn(Maintenance.prototype, "fileFor");
    const count = 500;
    const specs = Array.from({ length: count }, (_, i) => {
      const address = `10.0.${i >> 8}.${i & 255}`;
      names[address] = [`web${i}.example.com`];
      return monitorSpec({ kind: "fixed", state: "up" }, { real: `${address}:80` });
    });
    health.replace(specs, nobody, "/maintenance");
    await pass(1000);
    asked.mockClear();
    listing = ["web7.example.com"];
    await pass(5000);
    expect(lookups).toBe(count);
    expect(health.maintenance(web, endpoint("10.0.0.7:80"))).toBe("web7.example.com");
    // Each once when the directory changed, each once when its name came.
    expect(asked.mock.calls.length).toBeLessThanOrEqual(2 * count);
    asked.mockRestore();
  });

  test("checktype=on comes back from maintenance as it was", async () => {
    listing = ["10.0.0.3"];
    health.replace([monitorSpec({ kind: "fixed", state: "up" })], nobody, "/maintenance");
    await pass(1000);
    expect(health.maintenance(web, server)).toBe("10.0.0.3");
    listing = [];
    await pass(1000);
    expect(health.health(web, server)).toEqual({ state: "up", failures: 0 });
    expect(changes).toEqual([web, web]);
  });

  test("the first round does not wait for servers in maintenance", async () => {
    listing = ["10.0.0.3"];
    await watch(fine);
    const first = health.firstRound();
    await pass(1000);
    await first;
    expect(health.health(web, server)).toEqual({ state: "unknown" });
  });
});
