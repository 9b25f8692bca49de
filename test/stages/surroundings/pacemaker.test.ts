import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { Client, spread } from "../../lab/client.ts";
import { readTable, type Table } from "../../lab/ipvsadm.ts";
import { Network } from "../../lab/network.ts";
import { RealServer } from "../../lab/real-server.ts";
import { say } from "../../lab/say.ts";
import { directRouting, type Role } from "../../lab/topologies.ts";
import { until } from "../../lab/until.ts";
import { act, agentOf, type Provider, providers } from "./agents.ts";
import { attempt, succeed } from "./attempt.ts";
import {
  configure,
  monitor,
  RemoteNode,
  settled,
  startCluster,
  stopCluster,
  untilMonitor,
} from "./cluster.ts";
import { begin } from "./packages.ts";
import { director, resources } from "./resources.ts";
import { configFile, service, url } from "./site.ts";

const pidFile = "/run/ldirectord.ldirectord.cf.pid";
const both = { "192.168.10.201:80": "Route 1", "192.168.10.202:80": "Route 1" };
const config = `checktimeout=20
checkinterval=1
quiescent=no
logfile="/var/log/ldirectord.log"
virtual=192.168.10.101:80
\treal=192.168.10.201:80 gate
\treal=192.168.10.202:80 gate
\tservice=http
\trequest="/"
\treceive="This is"
\tscheduler=rr
`;
const broken = `${config}virtual=nonsense\n`;

type Host = Role | "standby";
let network: Network<Host>;
let client: Client;
let servers: RealServer[];
let remote: RemoteNode;

beforeAll(async () => {
  await begin("ours");
  await succeed("systemctl", "disable", "--now", "ldirectord");
  const plan = directRouting();
  network = await Network.open<Host>({
    ...plan,
    director: { links: { eth0: ["lan", "192.168.10.100/24"] }, isMachine: true },
    standby: { links: { eth0: ["lan", "192.168.10.102/24"] } },
  });
  await writeFile(configFile, config);
  client = await Client.start(network.host("client"));
  servers = await Promise.all([
    RealServer.start(network.host("rs1"), { name: "rs1", ports: [80] }),
    RealServer.start(network.host("rs2"), { name: "rs2", ports: [80] }),
  ]);
});

afterAll(async () => {
  await stopCluster();
  await remote?.kill();
  await Promise.all([client, ...servers].map((program) => program.kill()));
  await network.close();
});

const untilTable = (host: Host, wanted: Record<string, string> | undefined): Promise<Table> =>
  until(
    () => readTable(network.host(host)),
    (table) => JSON.stringify(table[service]?.servers) === JSON.stringify(wanted),
    `${host} has ${JSON.stringify(wanted)}`,
    300_000,
    500,
  );

const target = (resource: string, role: "Started" | "Stopped"): readonly string[] => [
  ...["--resource", resource, "--meta", "--set-parameter", "target-role"],
  ...["--parameter-value", role],
];

const answers = async () => Object.keys(await client.spread(url, 10)).sort();

const hasDaemon = async (): Promise<boolean> =>
  (await attempt("pgrep", "-f", `/usr/sbin/ldirectord ${configFile} start`)).code === 0;

test.for(providers)("ocf-tester finds nothing wrong with the agent of %s", async (provider) => {
  const agent = agentOf(provider);
  const { code, out, err } = await attempt(
    "ocf-tester",
    ...["-n", "ldirectord", "-o", `configfile=${configFile}`, agent],
  );
  say(out + err);
  expect(out).toContain(`${agent} passed all tests`);
  expect(code).toBe(0);
});

// What a daemon whose file is broken is to them: to Debian's a failure (1), whether it runs or not; to ours what it
// is, running (0) or not (7).
test.for<[Provider, whileRunning: number, whileStopped: number]>([
  ["heartbeat", 1, 1],
  ["ldirectord-ng", 0, 7],
])(
  "the agent of %s with a broken file: monitor and stop",
  async ([provider, whileRunning, whileStopped]) => {
    expect(await act(provider, "start")).toMatchObject({ code: 0 });
    await untilTable("director", both);
    const pid = await readFile(pidFile, "latin1");
    await writeFile(configFile, broken);
    onTestFinished(() => writeFile(configFile, config));
    const status = await attempt("/usr/sbin/ldirectord", configFile, "status");
    expect(status.code).toBe(2);
    expect(status.err).toContain(`reading file ${configFile} at line 12: `);
    expect(await act(provider, "monitor")).toMatchObject({ code: whileRunning });
    // Asking has changed nothing.
    expect(await readFile(pidFile, "latin1")).toBe(pid);
    expect((await readTable(network.host("director")))[service]?.servers).toEqual(both);

    expect(await act(provider, "stop")).toMatchObject({ code: 0 });
    await untilTable("director", undefined);
    expect(await hasDaemon()).toBe(false);
    expect(await act(provider, "monitor")).toMatchObject({ code: whileStopped });
    expect(await act(provider, "start")).toMatchObject({ code: 1 });
    await writeFile(configFile, config);
    expect(await act(provider, "monitor")).toMatchObject({ code: 7 });
  },
);

test("Pacemaker starts it beside its address", async () => {
  await startCluster();
  remote = RemoteNode.start(network.host("standby"));
  await configure("resources", resources);
  await configure(
    "constraints",
    `<constraints>
      <rsc_location id="web-home" rsc="web" node="director" score="50"/>
    </constraints>`,
  );
  await succeed("crm_resource", ...target("web", "Started"));
  await untilTable("director", both);
  await settled();
  await untilMonitor(/ldirectord\):\s+Started/);
  expect(await answers()).toEqual(["This is rs1", "This is rs2"]);
  say(await monitor());
});

test("its monitor notices a crash, and the table serves until it is back", async () => {
  const pid = (await readFile(pidFile, "latin1")).trim();
  await client.startLoad(url, 200);
  await succeed("kill", "-KILL", pid);
  await until(
    () => readFile(pidFile, "latin1").catch(() => pid),
    (text) => text.trim() !== pid && text.trim() !== "",
    "a new process",
    300_000,
    500,
  );
  await settled();
  expect(Object.keys(spread(await client.stopLoad())).sort()).toEqual([
    "This is rs1",
    "This is rs2",
  ]);
  expect(await monitor()).toMatch(/director.*monitor.*not running/);
  await succeed("crm_resource", "--cleanup");
  await settled();
});

test("it moves to the second node and back", async () => {
  await untilMonitor(/standby: online/);
  await succeed("crm_resource", "--move", "--resource", "web", "--node", "standby");
  await untilTable("standby", both);
  await settled();
  await untilTable("director", undefined);
  expect(await answers()).toEqual(["This is rs1", "This is rs2"]);
  say(await monitor());
  await succeed("crm_resource", "--clear", "--resource", "web");
  await succeed("crm_resource", "--move", "--resource", "web", "--node", "director");
  await untilTable("director", both);
  await settled();
  await untilTable("standby", undefined);
  expect(await answers()).toEqual(["This is rs1", "This is rs2"]);
});

async function expectStops(): Promise<void> {
  await succeed("crm_resource", ...target("director", "Stopped"));
  await settled();
  await untilTable("director", undefined);
  const shown = await monitor();
  say(shown);
  expect(shown).toMatch(/ldirectord\):\s+Stopped/);
  expect(shown).not.toMatch(/Failed|FAILED|blocked/);
  expect(await hasDaemon()).toBe(false);
}

test("it is stopped although its file is broken", async () => {
  await untilTable("director", both);
  // Not asked in between: that Debian's agent calls it failed then is seen above.
  await configure("resources", director("heartbeat", 3600));
  await settled();
  await writeFile(configFile, broken);
  await expectStops();
});

test("with our agent a broken file is no reason to fail over, and it is stopped all the same", async () => {
  await writeFile(configFile, config);
  await configure("resources", director("ldirectord-ng", 2));
  await succeed("crm_resource", ...target("director", "Started"));
  await untilTable("director", both);
  await settled();
  const pid = await readFile(pidFile, "latin1");
  const since = (await succeed("date", "+%s")).trim();
  await writeFile(configFile, broken);
  await until(
    () => succeed("journalctl", `--since=@${since}`, "--output=cat"),
    (text) => (text.match(/has a mistake; the daemon runs on/g)?.length ?? 0) >= 3,
    "three monitors with a broken file",
  );
  expect(await monitor()).not.toMatch(/Failed|FAILED|blocked/);
  expect(await readFile(pidFile, "latin1")).toBe(pid);
  expect(await answers()).toEqual(["This is rs1", "This is rs2"]);
  await expectStops();
});
