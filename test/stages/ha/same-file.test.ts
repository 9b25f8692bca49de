/** The same file on two directors: examples/ha/callback as it is, over a real rsync, and `ldirectorctl compare`. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Director, example, ourProgram } from "../../lab/director.ts";
import { readTable } from "../../lab/ipvsadm.ts";
import { type Namespace, runIn, spawnIn } from "../../lab/namespace.ts";
import { Network } from "../../lab/network.ts";
import { RealServer } from "../../lab/real-server.ts";
import { say } from "../../lab/say.ts";
import { until } from "../../lab/until.ts";

const plan = {
  fw1: { links: { eth0: ["lan", "192.168.10.1/24"] } },
  fw2: { links: { eth0: ["lan", "192.168.10.2/24"] } },
  rs: { links: { eth0: ["lan", "192.168.10.201/24", "192.168.10.202/24"] } },
} as const;
type Name = "fw1" | "fw2";
const other = { fw1: "fw2", fw2: "fw1" } as const;
const address = { fw1: "192.168.10.1", fw2: "192.168.10.2" } as const;
const rsyncPort = 8730;
const cf = "/etc/ha.d/ldirectord.cf";

/** A host in a network namespace, with a name and an /etc/ha.d of its own. */
class Host {
  readonly name: Name;
  readonly namespace: Namespace;
  readonly #folder: string;
  readonly #bin: string;
  #rsync: ChildProcess | undefined;
  director: Director | undefined;

  private constructor(name: Name, namespace: Namespace, top: string) {
    this.name = name;
    this.namespace = namespace;
    this.#folder = join(top, name);
    this.#bin = join(top, "bin");
  }

  static async open(name: Name, namespace: Namespace, top: string): Promise<Host> {
    const host = new Host(name, namespace, top);
    await mkdir(host.#folder);
    await copyFile(example("ha/callback/etc/ha.d/sync-to-peer"), host.path("sync-to-peer"));
    await chmod(host.path("sync-to-peer"), 0o755);
    const peer = `rsync://${address[other[name]]}:${rsyncPort}/ha.d`;
    await writeFile(host.path("sync-to-peer.conf"), `PEER=${peer}\nSTATE=/etc/ha.d/state\n`);
    const module = "path = /etc/ha.d\nread only = no\nuse chroot = no\nuid = 0\ngid = 0\n";
    await writeFile(host.path("rsyncd.conf"), `[ha.d]\n${module}`);
    return host;
  }

  /** Of its /etc/ha.d. */
  path(file: string): string {
    return join(this.#folder, file);
  }

  read(file: string): Promise<string> {
    return readFile(this.path(file), "utf8");
  }

  /** As an editor writes it: at once. */
  async edit(text: string): Promise<void> {
    await writeFile(this.path("ldirectord.cf"), text);
  }

  /** What makes a program run on it. */
  get wrapper(): readonly string[] {
    const inside = `hostname ${this.name} && mount --bind ${this.#folder} /etc/ha.d && exec "$@"`;
    const path = `PATH=${this.#bin}:${process.env["PATH"]}`;
    return ["env", path, "unshare", "--mount", "--uts", "sh", "-c", inside, "sh"];
  }

  /** @returns exit code and all that it said */
  async run(...argv: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
    const [program = "", ...args] = this.wrapper;
    const line = ["sh", "-c", '"$@" 2>&1; echo "::$?"', "sh"];
    const text = await runIn(this.namespace, program, [...args, ...line, ...argv]);
    const [, out = "", code = "-1"] = /^([\s\S]*)::(\d+)\n$/.exec(text) ?? [];
    return { code: Number(code), out };
  }

  sync(...args: readonly string[]) {
    return this.run("/etc/ha.d/sync-to-peer", ...args, cf);
  }

  startRsync(): void {
    const [program = "", ...args] = this.wrapper;
    const daemon = ["rsync", "--daemon", "--no-detach", `--port=${rsyncPort}`];
    this.#rsync = spawnIn(
      this.namespace,
      program,
      [...args, ...daemon, "--config=/etc/ha.d/rsyncd.conf"],
      { stdio: "ignore" },
    );
  }

  async stopRsync(): Promise<void> {
    const child = this.#rsync;
    this.#rsync = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  startDirector(): void {
    this.director = Director.start(this.namespace, cf, this.wrapper);
  }

  /** How often its daemon found the file changed. */
  changes(): number {
    return this.director?.log.match(/has changed on disk/g)?.length ?? 0;
  }

  logged(pattern: RegExp): Promise<string> {
    const look = async () => {
      this.director?.mustRun();
      return this.director?.log ?? "";
    };
    return until(look, (log) => pattern.test(log), `${this.name} logs ${pattern}`);
  }

  async weight(): Promise<string | undefined> {
    this.director?.mustRun();
    const table = await readTable(this.namespace);
    return table["TCP 192.168.10.101:80"]?.servers["192.168.10.201:80"];
  }

  async close(): Promise<void> {
    await this.stopRsync();
    await this.director?.kill();
  }
}

let top: string;
let network: Network<keyof typeof plan>;
let server: RealServer;
let fw1: Host;
let fw2: Host;
let shipped: string;

beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), "ldng-same-file-"));
  await mkdir(join(top, "bin"));
  const ctl = join(dirname(ourProgram), "ldirectorctl.js");
  const runs = `#!/bin/sh\nexec ${process.execPath} ${ctl} "$@"\n`;
  await writeFile(join(top, "bin/ldirectorctl"), runs, { mode: 0o755 });
  network = await Network.open(plan);
  server = await RealServer.start(network.host("rs"), { name: "rs", ports: [80] });
  fw1 = await Host.open("fw1", network.host("fw1"), top);
  fw2 = await Host.open("fw2", network.host("fw2"), top);
  // In ssh's place: the line runs in the other's namespaces.
  const lines = [fw1, fw2].map(
    ({ name, namespace, wrapper }) =>
      `${name}) exec ip netns exec ${namespace.name} ${wrapper.map(quoted).join(" ")} sh -c "$line" ;;`,
  );
  const ssh = ["for line; do :; done", "shift 5; case $1 in", ...lines, "esac"].join("\n");
  await writeFile(join(top, "bin/ssh"), `#!/bin/sh\n${ssh}\n`, { mode: 0o755 });
  shipped = await readFile(example("ha/callback/etc/ha.d/ldirectord.cf"), "utf8");
});
afterAll(async () => {
  await fw1?.close();
  await fw2?.close();
  await server?.kill();
  await network?.close();
  if (top) await rm(top, { recursive: true, force: true });
});
afterEach(({ task }) => {
  if (task.result?.state !== "fail") return;
  for (const { name, director } of [fw1, fw2]) say(`${name}:\n${director?.log.slice(-6000)}`);
});

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
const ini = "[daemon]\nrundir = /etc/ha.d/run\n[control]\nstate = /etc/ha.d/orders\n";
const withWeight = (weight: number): string =>
  shipped.replace("192.168.10.201:80 gate", `192.168.10.201:80 gate ${weight}`);
const compare = (host: Host, ...args: readonly string[]) =>
  host.run("ldirectorctl", "compare", ...args, other[host.name]);

/** Both remember this version as the last that both had, and run it. */
async function agree(weight: number): Promise<void> {
  const look = async () => {
    const [one, two] = await Promise.all(
      [fw1, fw2].map((host) => host.read("state/sync-to-peer.ldirectord.cf").catch(() => "")),
    );
    const weights = [await fw1.weight(), await fw2.weight()];
    return { isAgreed: one === two && /^\w{64}\n$/.test(String(one)), weights };
  };
  const isSo = (now: Awaited<ReturnType<typeof look>>) =>
    now.isAgreed && now.weights.every((each) => each === `Route ${weight}`);
  await until(look, isSo, `both have weight ${weight}`);
}

test("by hand, once: the second director has the file; both run it, and are the same", async () => {
  await fw1.edit(shipped);
  await writeFile(fw1.path("ldirectord-ng.ini"), ini);
  fw1.startRsync();
  fw2.startRsync();
  const copied = await until(
    () => fw1.sync("--force"),
    ({ code }) => code === 0,
    "rsync serves",
  );
  expect(copied.out).toContain("ldirectord.cf is copied to rsync://192.168.10.2");
  expect(await fw2.read("ldirectord.cf")).toBe(shipped);
  expect(await fw2.read("ldirectord-ng.ini")).toBe(ini);
  for (const host of [fw1, fw2]) {
    await mkdir(host.path("run"));
    host.startDirector();
  }
  expect(await fw2.sync()).toMatchObject({ code: 0, out: expect.stringContaining("is the same") });
  await agree(1);
  const same = await until(
    () => compare(fw1),
    ({ code }) => code === 0,
    "both are asked",
  );
  expect(same.out).toBe("fw1 and fw2 are the same: 1 virtual service\n");
});

test.for<[from: Name, weight: number]>([
  ["fw1", 5],
  ["fw2", 7],
])("an edit on %s is what both run, and comes back as nothing new", async ([from, weight]) => {
  const before = [fw1.changes(), fw2.changes()];
  await (from === "fw1" ? fw1 : fw2).edit(withWeight(weight));
  await agree(weight);
  expect(await compare(fw1)).toMatchObject({ code: 0 });
  expect([fw1.changes(), fw2.changes()]).toEqual(before.map((count) => count + 1));
  expect(fw1.director?.log).not.toMatch(/sync-to-peer.* failed/);
  expect(fw2.director?.log).not.toMatch(/sync-to-peer.* failed/);
});

test("a file that is half written moves nowhere, by the daemon or by hand", async () => {
  const half = withWeight(9).slice(0, withWeight(9).indexOf("ex.html"));
  await fw1.edit(half);
  await fw1.logged(/Reload of .*ldirectord\.cf failed/);
  const byHand = await fw1.sync();
  expect(byHand).toMatchObject({ code: 2 });
  expect(byHand.out).toMatch(/is not copied, ldirectord refuses it: ldirectord\.cf:\d+:\d+: error/);
  expect(await fw2.read("ldirectord.cf")).toBe(withWeight(7));
  expect(await compare(fw1)).toMatchObject({
    code: 0,
    out: expect.stringContaining("note: the newest reload here did not work: "),
  });
  await fw1.edit(withWeight(9));
  await agree(9);
});

test("another director that is not there costs a line in the log; compare says what it missed", async () => {
  await fw2.stopRsync();
  await fw1.edit(withWeight(3));
  await fw1.logged(/sync-to-peer .*failed: exit status 1/);
  expect([await fw1.weight(), await fw2.weight()]).toEqual(["Route 3", "Route 9"]);
  const { code, out } = await compare(fw1, "--patience", "1");
  expect(code).toBe(1);
  expect(out.split("\n")).toEqual([
    "Files",
    expect.stringMatching(/^ {2}ldirectord\.cf:\d+ here: {9}real = 192\.168\.10\.201:80 gate 3$/),
    expect.stringMatching(/^ {2}ldirectord\.cf:\d+ there: {9}real = 192\.168\.10\.201:80 gate 9$/),
    "Table",
    "  tcp:192.168.10.101:80: 192.168.10.201:80: weight 3 here, weight 9 there",
    "3 differences between fw1 (here) and fw2 (there)",
    "",
  ]);
  fw2.startRsync();
  await fw1.edit(withWeight(4));
  await agree(4);
});

test("changes on both at once: neither is written over, and an operator's word settles it", async () => {
  await network.cable("fw1", "eth0", "out");
  await fw1.edit(withWeight(11));
  await fw2.edit(withWeight(12));
  const failures = (host: Host) => host.director?.log.match(/sync-to-peer .*failed/g)?.length ?? 0;
  const before = failures(fw1);
  await until(
    async () => failures(fw1) > before && failures(fw2) > 0,
    (isSo) => isSo,
    "neither reaches the other",
  );
  await network.cable("fw1", "eth0", "in");
  const refused = await until(
    () => fw1.sync(),
    ({ code }) => code === 3,
    "the way is free again",
  );
  expect(refused.out).toContain("was never ours, so nothing is copied");
  expect(await fw2.read("ldirectord.cf")).toBe(withWeight(12));
  expect((await fw1.sync("--force")).code).toBe(0);
  await agree(11);
  expect(await fw2.read("ldirectord.cf~")).toBe(withWeight(12));
});
