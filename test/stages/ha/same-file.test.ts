/** The same file on two directors: examples/ha/callback as it is, rsync over a real sshd, and `ldirectorctl compare`. */
import { readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from "vitest";
import { example } from "../../lab/director.ts";
import { SameFileHost } from "../../lab/ha/same-file.ts";
import { Network } from "../../lab/network.ts";
import { RealServer } from "../../lab/real-server.ts";
import { say } from "../../lab/say.ts";
import { until } from "../../lab/until.ts";

const plan = {
  fw1: { links: { eth0: ["lan", "192.168.10.1/24"] } },
  fw2: { links: { eth0: ["lan", "192.168.10.2/24"] } },
  rs: { links: { eth0: ["lan", "192.168.10.201/24", "192.168.10.202/24"] } },
} as const;
const addresses = { fw1: "192.168.10.1", fw2: "192.168.10.2" };

let network: Network<keyof typeof plan>;
let server: RealServer;
let fw1: SameFileHost;
let fw2: SameFileHost;
let shipped: string;

beforeAll(async () => {
  network = await Network.open(plan);
  server = await RealServer.start(network.host("rs"), { name: "rs", ports: [80] });
  [fw1, fw2] = await Promise.all([
    SameFileHost.open("fw1", network.host("fw1")),
    SameFileHost.open("fw2", network.host("fw2")),
  ]);
  for (const [host, other] of [
    [fw1, fw2],
    [fw2, fw1],
  ] as const) {
    await host.meet(other, addresses);
    await host.startSsh();
  }
  shipped = await readFile(example("ha/callback/etc/ha.d/ldirectord.cf"), "utf8");
});
afterAll(async () => {
  await fw1?.node.killAll();
  await fw2?.node.killAll();
  await server?.kill();
  await network?.close();
});
afterEach(({ task }) => {
  if (task.result?.state !== "fail") return;
  for (const host of [fw1, fw2]) say(`${host.name}:\n${host.log.slice(-6000)}`);
});

const ini = "[table]\nbackend = embedded\n[control]\nstate = /var/lib/ldirectord/orders\n";
const withWeight = (weight: number): string =>
  shipped.replace("192.168.10.201:80 gate", `192.168.10.201:80 gate ${weight}`);

/** Both remember this version as the last that both had, and run it. */
async function agree(weight: number): Promise<void> {
  const look = async () => {
    const [one, two] = await Promise.all([fw1.history(), fw2.history()]);
    const weights = [await fw1.weight(), await fw2.weight()];
    return { isAgreed: one === two && /^\w{64}\n$/.test(one), weights };
  };
  const isSo = (now: Awaited<ReturnType<typeof look>>) =>
    now.isAgreed && now.weights.every((each) => each === weight);
  await until(look, isSo, `both have weight ${weight}`);
}

test("by hand, once: the second director has the file; both run it, and are the same", async () => {
  await fw1.edit(shipped);
  await fw1.node.write("/etc/ha.d/ldirectord-ng.ini", ini);
  const copied = await fw1.sync("--force");
  expect(copied).toMatchObject({
    code: 0,
    out: expect.stringContaining("ldirectord.cf is copied to root@fw2:/etc/ha.d"),
  });
  expect(await fw2.file()).toBe(shipped);
  expect(await fw2.node.read("/etc/ha.d/ldirectord-ng.ini")).toBe(ini);
  fw1.startDirector();
  fw2.startDirector();
  expect(await fw2.sync()).toMatchObject({ code: 0, out: expect.stringContaining("is the same") });
  await agree(1);
  const same = await until(
    () => fw1.compare("fw2"),
    ({ code }) => code === 0,
    "both are asked",
  );
  expect(same.out).toBe("fw1 and fw2 are the same: 1 virtual service\n");
});

test.for<["fw1" | "fw2", number]>([
  ["fw1", 5],
  ["fw2", 7],
])("an edit on %s is what both run, and comes back as nothing new", async ([from, weight]) => {
  const before = [fw1.changes(), fw2.changes()];
  await (from === "fw1" ? fw1 : fw2).edit(withWeight(weight));
  await agree(weight);
  expect(await fw1.compare("fw2")).toMatchObject({ code: 0 });
  expect(await fw2.compare("fw1")).toMatchObject({ code: 0 });
  expect([fw1.changes(), fw2.changes()]).toEqual(before.map((count) => count + 1));
  expect(fw1.log).not.toMatch(/sync-to-peer.* failed/);
  expect(fw2.log).not.toMatch(/sync-to-peer.* failed/);
});

test("a file that is half written moves nowhere, by the daemon or by hand", async () => {
  const half = withWeight(9).slice(0, withWeight(9).indexOf("ex.html"));
  await fw1.edit(half);
  await fw1.logged(/Reload of .*ldirectord\.cf failed/);
  const byHand = await fw1.sync();
  expect(byHand).toMatchObject({ code: 2 });
  expect(byHand.out).toMatch(/is not copied, ldirectord refuses it: ldirectord\.cf:\d+:\d+: error/);
  expect(await fw2.file()).toBe(withWeight(7));
  expect(await fw1.compare("fw2")).toMatchObject({
    code: 0,
    out: expect.stringContaining("note: the newest reload here did not work: "),
  });
  await fw1.edit(withWeight(9));
  await agree(9);
});

test("another director that is not there costs a line in the log; compare says what it missed", async () => {
  await fw2.stopSsh();
  await fw1.edit(withWeight(3));
  await fw1.logged(/sync-to-peer .*failed: exit status 1/);
  expect([await fw1.weight(), await fw2.weight()]).toEqual([3, 9]);
  expect(await fw1.compare("fw2")).toMatchObject({
    code: 2,
    out: expect.stringMatching(/^fw2: .*Connection refused/),
  });
  await fw2.startSsh();
  const { code, out } = await fw1.compare("fw2", "--patience", "1");
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
  await fw1.edit(withWeight(4));
  await agree(4);
});

test.for<[what: string, why: RegExp, refuse: () => Promise<() => Promise<void>>]>([
  [
    "our key is not known there",
    /Permission denied \(publickey\)/,
    () => fw2.replace("/etc/ssh/authorized_keys", ""),
  ],
  [
    "the other is not who it was",
    /Host key verification failed/,
    async () => fw1.replace("/etc/ssh/known_hosts", `fw2 ${await fw1.newKey("/etc/ssh/other")}`),
  ],
])("ssh refuses, for %s: 1 of sync-to-peer, 2 of compare", async ([, why, refuse]) => {
  onTestFinished(await refuse());
  const sync = await fw1.sync();
  expect(sync).toMatchObject({
    code: 1,
    out: expect.stringContaining("root@fw2:/etc/ha.d cannot be read: "),
  });
  expect(sync.out).toMatch(why);
  expect(sync.out.trim().split("\n")).toHaveLength(1);
  expect(await fw1.compare("fw2")).toMatchObject({ code: 2, out: expect.stringMatching(why) });
});

test("a key that can do nothing else: rrsync", async () => {
  const key = await fw1.newKey("/etc/ssh/restricted");
  const restricted = `restrict,command="/usr/bin/rrsync /etc/ha.d" ${key}`;
  const others = await fw2.node.read("/etc/ssh/authorized_keys");
  onTestFinished(await fw2.replace("/etc/ssh/authorized_keys", `${others}${restricted}`));
  const ssh =
    "ssh -o BatchMode=yes -o ConnectTimeout=5 -o IdentitiesOnly=yes -F /etc/ssh/restricted.conf";
  await fw1.node.write("/etc/ssh/restricted.conf", fw1.clientConfig("/etc/ssh/restricted"));
  const conf = `PEER=root@fw2:.\nRSYNC_RSH="${ssh}"\n`;
  onTestFinished(await fw1.replace("/etc/ha.d/sync-to-peer.conf", conf));
  await fw1.edit(withWeight(6));
  await agree(6);
  const other = await fw1.node.shell(`${ssh} root@fw2 ldirectorctl compare --dump`);
  expect(other.code).not.toBe(0);
  expect(other.out).toMatch(/rrsync.*not run rsync/);
});

test("changes on both at once: neither is written over, and an operator's word settles it", async () => {
  await network.cable("fw1", "eth0", "out");
  await fw1.edit(withWeight(11));
  await fw2.edit(withWeight(12));
  const failures = (host: SameFileHost) => host.log.match(/sync-to-peer .*failed/g)?.length ?? 0;
  const before = [failures(fw1), failures(fw2)];
  await until(
    async () => [failures(fw1), failures(fw2)],
    (now) => now.every((count, i) => count > Number(before[i])),
    "neither reaches the other",
  );
  await network.cable("fw1", "eth0", "in");
  for (const [host, other, theirs] of [
    [fw1, fw2, 12],
    [fw2, fw1, 11],
  ] as const) {
    const refused = await until(
      () => host.sync(),
      ({ code }) => code === 3,
      "the way is free again",
    );
    expect(refused.out).toContain("was never ours, so nothing is copied");
    expect(await other.file()).toBe(withWeight(theirs));
  }
  expect((await fw1.sync("--force")).code).toBe(0);
  await agree(11);
  expect(await fw2.node.read("/etc/ha.d/ldirectord.cf~")).toBe(withWeight(12));
});
