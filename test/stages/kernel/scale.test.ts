import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Director, isOriginal } from "../../lab/director.ts";
import { readTable, type Table } from "../../lab/ipvsadm.ts";
import { type Exchange, isChange, readTrace, traced } from "../../lab/netlink-trace.ts";
import { Network } from "../../lab/network.ts";
import { RealServer } from "../../lab/real-server.ts";
import { say } from "../../lab/say.ts";
import { until } from "../../lab/until.ts";

const SERVICES = 500;
const SERVERS_EACH = 10;
/** Different ones: each serves five services, and is asked once for all of them. */
const SERVERS = 1000;

/** One server for all addresses of 10.20.0.0/16. */
const plan = {
  director: {
    links: { eth0: ["lan", "10.9.0.1/24"] },
    ip: ["route add 10.20.0.0/16 via 10.9.0.2"],
  },
  servers: {
    links: { eth0: ["lan", "10.9.0.2/24"] },
    ip: ["route add local 10.20.0.0/16 dev lo"],
  },
} as const;

const vip = (service: number): string => `10.30.${service >> 8}.${service & 255}:80`;
const rip = (service: number, server: number): string => {
  const number = ((service * SERVERS_EACH + server) % SERVERS) + 1;
  return `10.20.${number >> 8}.${number & 255}:80`;
};

function fileText(weightOfFirst: number): string {
  const blocks = Array.from({ length: SERVICES }, (_, service) => {
    const reals = Array.from({ length: SERVERS_EACH }, (_unused, server) => {
      const weight = service === 0 && server === 0 ? weightOfFirst : 1;
      return `\treal=${rip(service, server)} gate ${weight}`;
    });
    return [`virtual=${vip(service)}`, ...reals, "\tchecktype=connect", ""].join("\n");
  });
  // An emulated machine on a busy host takes half a minute for a thousand connections.
  return ["checktimeout=60", "checkinterval=120", "", ...blocks, ""].join("\n");
}

const messagesIn = (exchanges: readonly Exchange[]): number =>
  exchanges.reduce((total, { messages }) => total + messages, 0);

// The original starts two processes for each server and look: an hour's work.
describe.skipIf(isOriginal)(`${SERVICES} services with ${SERVERS_EACH} servers each`, () => {
  let network: Network<keyof typeof plan>;
  let server: RealServer;
  let daemon: Director;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ldng-lab-"));
    await writeFile(join(folder, "many.cf"), fileText(1));
    network = await Network.open(plan);
    server = await RealServer.start(network.host("servers"), { name: "all", ports: [80] });
  });

  afterAll(async () => {
    await daemon?.kill();
    await server?.kill();
    await network?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  afterEach(({ task }) => {
    if (task.result?.state === "fail") say(daemon.log.split("\n").slice(-40).join("\n"));
  });

  const look = (): Promise<Table> => {
    daemon.mustRun();
    return readTable(network.host("director"));
  };
  const trace = (): string => join(folder, "trace");

  test("become healthy, a hundred changes to a send and a bounded number of reads", async () => {
    const begin = performance.now();
    daemon = Director.start(network.host("director"), join(folder, "many.cf"), traced(trace()));
    const isComplete = (table: Table): boolean =>
      Object.keys(table).length === SERVICES &&
      Object.values(table).every(({ servers }) => Object.keys(servers).length === SERVERS_EACH);
    await until(look, isComplete, "every server is in the table", 280_000, 2000);
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    const exchanges = await readTrace(trace());
    const changes = exchanges.filter(isChange);
    const reads = Math.max(...changes.map((it) => it.reads));
    say(
      `${seconds} s; ${messagesIn(changes)} changes in ${changes.length} sends, at most ${reads} reads each; ` +
        `${exchanges.length - changes.length} sends to read the table`,
    );
    expect(messagesIn(changes)).toBe(SERVICES + SERVICES * SERVERS_EACH);
    expect(Math.max(...changes.map(({ messages }) => messages))).toBeLessThanOrEqual(100);
    expect(reads).toBe(1);
  });

  test("an edit of one weight is one message to the kernel", async () => {
    const before = (await readTrace(trace())).filter(isChange).length;
    await writeFile(join(folder, "many.cf"), fileText(7));
    const begin = performance.now();
    daemon.reload();
    const first = `TCP ${vip(0)}`;
    const shows = (table: Table): boolean =>
      table[first]?.servers[rip(0, 0)] === "Route 7" && Object.keys(table).length === SERVICES;
    await until(look, shows, "the new weight is in the table", 120_000, 1000);
    say(`${((performance.now() - begin) / 1000).toFixed(1)} s from HUP to the new weight`);
    await sleep(5000);
    const changes = (await readTrace(trace())).filter(isChange).slice(before);
    expect(changes.map(({ commands }) => commands)).toEqual([[6]]); // SET_DEST
    expect(messagesIn(changes)).toBe(1);
  });
});
