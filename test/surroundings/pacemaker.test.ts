import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Client, spread } from "../lab/client.ts";
import { readTable, type Table } from "../lab/ipvsadm.ts";
import { Network } from "../lab/network.ts";
import { RealServer } from "../lab/real-server.ts";
import { say } from "../lab/say.ts";
import { directRouting, type Role } from "../lab/topologies.ts";
import { until } from "../lab/until.ts";
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
import { configFile, service, url } from "./site.ts";

const agent = "/usr/lib/ocf/resource.d/heartbeat/ldirectord";
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

test("ocf-tester finds nothing wrong with Debian's agent and our program", async () => {
  await succeed("ip", "addr", "add", "192.168.10.101/32", "dev", "eth0");
  const { code, out, err } = await attempt(
    "ocf-tester",
    ...["-n", "ldirectord", "-o", `configfile=${configFile}`, agent],
  );
  say(out + err);
  expect(out).toContain(`${agent} passed all tests`);
  expect(code).toBe(0);
  await succeed("ip", "addr", "del", "192.168.10.101/32", "dev", "eth0");
});

test("Pacemaker starts it beside its address", async () => {
  await startCluster();
  remote = RemoteNode.start(network.host("standby"));
  await configure(
    "resources",
    `
    <resources>
      <primitive id="standby" class="ocf" provider="pacemaker" type="remote">
        <instance_attributes id="standby-attributes">
          <nvpair id="standby-server" name="server" value="192.168.10.102"/>
        </instance_attributes>
        <operations>
          <op id="standby-start" name="start" interval="0" timeout="200s"/>
          <op id="standby-monitor" name="monitor" interval="20s" timeout="200s"/>
        </operations>
      </primitive>
      <group id="web">
        <meta_attributes id="web-meta">
          <nvpair id="web-stickiness" name="resource-stickiness" value="100"/>
          <nvpair id="web-role" name="target-role" value="Stopped"/>
        </meta_attributes>
        <primitive id="address" class="ocf" provider="heartbeat" type="IPaddr2">
          <instance_attributes id="address-attributes">
            <nvpair id="address-ip" name="ip" value="192.168.10.101"/>
            <nvpair id="address-bits" name="cidr_netmask" value="32"/>
            <nvpair id="address-nic" name="nic" value="eth0"/>
          </instance_attributes>
          <operations>
            <op id="address-start" name="start" interval="0" timeout="200s"/>
            <op id="address-stop" name="stop" interval="0" timeout="200s"/>
          </operations>
        </primitive>
        <primitive id="director" class="ocf" provider="heartbeat" type="ldirectord">
          <operations>
            <op id="director-start" name="start" interval="0" timeout="200s"/>
            <op id="director-stop" name="stop" interval="0" timeout="200s"/>
            <op id="director-monitor" name="monitor" interval="5s" timeout="200s"/>
          </operations>
        </primitive>
      </group>
    </resources>`,
  );
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

test("it is stopped although its file is broken", async () => {
  await untilTable("director", both);
  await writeFile(configFile, `${config}\nvirtual=nonsense\n`);
  await succeed("crm_resource", ...target("director", "Stopped"));
  await settled();
  await untilTable("director", undefined);
  const shown = await monitor();
  say(shown);
  expect(shown).toMatch(/ldirectord\):\s+Stopped/);
  expect(shown).not.toMatch(/Failed|FAILED|blocked/);
  expect((await attempt("pgrep", "-f", `/usr/sbin/ldirectord ${configFile} start`)).code).toBe(1);
});
