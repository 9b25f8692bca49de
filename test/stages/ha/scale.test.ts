/** What docs/scale.md reckons with, as the kernel of the lab has it: memory and sync traffic of a connection. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Client } from "../../lab/client.ts";
import { type Namespace, runIn } from "../../lab/namespace.ts";
import { Network } from "../../lab/network.ts";
import { RealServer } from "../../lab/real-server.ts";
import { say } from "../../lab/say.ts";
import { directRouting, VIP } from "../../lab/topologies.ts";
import { until } from "../../lab/until.ts";

/** More would not all be open before the web server gives up on the first, in a minute. */
const CONNECTIONS = 500;

const lan = directRouting();
const plan = {
  ...lan,
  director: {
    ...lan.director,
    links: { ...lan.director.links, sync0: ["sync", "10.9.0.1/24"] },
  },
  spare: { links: { sync0: ["sync", "10.9.0.2/24"] } },
} as const;

let network: Network<keyof typeof plan>;
let server: RealServer;
let client: Client;

beforeAll(async () => {
  network = await Network.open(plan);
  server = await RealServer.start(network.host("rs1"), { name: "rs1", ports: [80] });
  client = await Client.start(network.host("client"));
  await runIn(network.host("director"), "ipvsadm", ["-A", "-t", `${VIP}:80`, "-s", "rr"]);
  await runIn(network.host("director"), "ipvsadm", [
    ...["-a", "-t", `${VIP}:80`, "-r", "192.168.10.201", "-g"],
  ]);
});
afterAll(async () => {
  await client?.kill();
  await server?.kill();
  await network?.close();
});

/** How many IPVS knows. @param state only those in it */
async function connections(host: Namespace, state = "[A-Z]"): Promise<number> {
  const text = await runIn(host, "cat", ["/proc/net/ip_vs_conn"]);
  return text.match(new RegExp(`^TCP .* ${state}`, "gm"))?.length ?? 0;
}

interface Sent {
  readonly bytes: number;
  readonly packets: number;
}

/** Once no more comes. @param over so many packets at least have gone before */
const stillSent = async (over = -1): Promise<Sent> => {
  let last = over;
  const look = async () => {
    const now = await sent();
    const isStill = now.packets === last && now.packets > over;
    last = now.packets;
    return { ...now, isStill };
  };
  return until(look, ({ isStill }) => isStill, "no more is sent", 120_000, 4000);
};

/** By the card that has nothing to do but sync. */
async function sent(): Promise<Sent> {
  const folder = "/sys/class/net/sync0/statistics";
  const files = ["tx_bytes", "tx_packets"].map((name) => `${folder}/${name}`);
  // `ip netns exec` mounts a /sys of the namespace.
  const text = await runIn(network.host("director"), "cat", files);
  const [bytes = 0, packets = 0] = text.trim().split("\n").map(Number);
  return { bytes, packets };
}

/** Of one, in bytes, with what fills it up to the next line of the cache. */
async function connectionBytes(): Promise<number> {
  // A kernel that merges caches of one size has no row of its own for it in /proc/slabinfo.
  const own = await readFile("/sys/kernel/slab/ip_vs_conn/slab_size", "utf8").catch(() => "");
  const row = /^ip_vs_conn +\d+ +\d+ +(\d+)/m.exec(await readFile("/proc/slabinfo", "utf8"));
  return Number(own.trim() || row?.[1]);
}

test("memory of a connection, and the size of the table that finds it", async () => {
  const bytes = await connectionBytes();
  const bits = (await readFile("/sys/module/ip_vs/parameters/conn_tab_bits", "utf8")).trim();
  say(`ip_vs_conn: ${bytes} bytes each; conn_tab_bits ${bits}`);
  expect(bytes).toBeGreaterThan(200);
  expect(bytes).toBeLessThan(512);
  expect(Number(bits)).toBeGreaterThanOrEqual(8);
});

test(`sync of ${CONNECTIONS} connections: none before the third packet, then as they stand, then as they end`, async () => {
  const [director, spare] = [network.host("director"), network.host("spare")];
  const daemon = (state: string) => ["--start-daemon", state, "--mcast-interface", "sync0"];
  await runIn(spare, "ipvsadm", daemon("backup"));
  await runIn(director, "ipvsadm", daemon("master"));
  // The last of them wait for their message to be full, or two seconds: on a slow machine more.
  const spareKnows = (state: string) => {
    const isWhole = (known: number) => known === CONNECTIONS;
    return until(() => connections(spare, state), isWhole, `the spare knows of all: ${state}`);
  };
  const begin = await stillSent();
  await client.openConnections(`http://${VIP}/`, CONNECTIONS);
  const idle = await stillSent();
  expect(await connections(director)).toBe(CONNECTIONS);
  // The default of net.ipv4.vs.sync_threshold is "3 50": who has said nothing since the handshake is not told of.
  expect(await connections(spare)).toBe(0);
  await client.finishConnections();
  await spareKnows("[A-Z]");
  const ended = await stillSent(idle.packets);
  await runIn(director, "sysctl", ["-qw", "net.ipv4.vs.sync_threshold=2 50"]);
  await client.openConnections(`http://${VIP}/`, CONNECTIONS);
  await spareKnows("ESTABLISHED");
  const stood = await stillSent(ended.packets);
  const told = (what: string, from: Sent, to: Sent) => {
    const bytes = (to.bytes - from.bytes) / CONNECTIONS;
    const packets = to.packets - from.packets;
    say(`sync, ${what}: ${bytes.toFixed(1)} bytes a connection on the wire, ${packets} packets`);
    return bytes;
  };
  // 36 bytes each, in IPv4; a message's headers are shared by those in it.
  expect(told('idle, "3 50"', begin, idle)).toBeLessThan(2);
  expect(told("a short one, from its request to its end", idle, ended)).toBeGreaterThan(36);
  expect(told('one that stands, "2 50"', ended, stood)).toBeGreaterThan(36);
});
