/** Two directors of one file, and a virtual address that moves: who mails, which sync daemons run, what the spare knows. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { runCtl } from "../../../src/ctl/program.ts";
import type { Snapshot } from "../../../src/status/snapshot.ts";
import { Client } from "../../lab/client.ts";
import { Director } from "../../lab/director.ts";
import { readTable } from "../../lab/ipvsadm.ts";
import { ipIn, type Namespace, runIn } from "../../lab/namespace.ts";
import { type HostPlan, Network } from "../../lab/network.ts";
import { RealServer } from "../../lab/real-server.ts";
import { say } from "../../lab/say.ts";
import { until } from "../../lab/until.ts";
import { heardTerminal } from "../../support/fakes/heard-terminal.ts";

const web = "192.168.10.101";
const other = "192.168.10.102";
const six = "fd00:10::101";

const file = `checkinterval=1
checktimeout=2
negotiatetimeout=2
emailalert=ops
emailalertstatus=all
emailalertfreq=0
${[`${web}:80`, `${web}:81`, `${other}:80`]
  .map(
    (place) => `virtual=${place}
\treal=192.168.10.201:${place.split(":")[1]} gate
\treal=192.168.10.202:${place.split(":")[1]} gate
\tscheduler=rr
\tservice=http
\trequest="/"
\treceive="This is"
${place.endsWith(":81") ? "\tpersistent=600\n" : ""}`,
  )
  .join("\n")}
virtual6=[${six}]:80
\treal6=[fd00:10::201]:80 gate
\tchecktype=on
`;

const onLan = (...addresses: readonly string[]): HostPlan["links"] => ({
  eth0: ["lan", ...addresses],
});
const realServer = (address: string): HostPlan => ({
  links: onLan(address),
  lo: [`${web}/32`, `${other}/32`],
  sysctl: { "net.ipv4.conf.all.arp_ignore": "1", "net.ipv4.conf.all.arp_announce": "2" },
});
const topology = {
  client: { links: onLan("192.168.10.37/24") },
  one: { links: onLan("192.168.10.11/24", "fd00:10::11/64") },
  two: { links: onLan("192.168.10.12/24", "fd00:10::12/64") },
  rs1: realServer("192.168.10.201/24"),
  rs2: realServer("192.168.10.202/24"),
} satisfies Record<string, HostPlan>;

/** One director with its files. */
class Side {
  readonly host: Namespace;
  readonly #folder: string;
  readonly #daemon: Director;

  constructor(host: Namespace, folder: string) {
    this.host = host;
    this.#folder = folder;
    mkdirSync(folder);
    this.#write("ldirectord.cf", file);
    this.#write("mails", "");
    this.#write("mail", `#!/bin/sh\ncat >> ${join(folder, "mails")}\n`, 0o755);
    const ini = [
      ...[
        "[control]",
        `socket = ${join(folder, "control.sock")}`,
        `state = ${join(folder, "state")}`,
      ],
      ...["[email]", `program = ${join(folder, "mail")}`],
      ...["[role]", "follow = vip", "[sync]", "start = role", "interface = eth0", "id = 7", ""],
    ];
    this.#write("ldirectord-ng.ini", ini.join("\n"));
    this.#daemon = Director.start(host, join(folder, "ldirectord.cf"));
  }

  #write(name: string, text: string, mode = 0o644): void {
    writeFileSync(join(this.#folder, name), text, { mode });
  }

  /** Subjects, in the order in which they came. */
  get mails(): readonly string[] {
    const text = readFileSync(join(this.#folder, "mails"), "utf8");
    return [...text.matchAll(/^Subject: (.*)$/gm)].map(([, subject = ""]) => subject);
  }

  get log(): string {
    return this.#daemon.log;
  }

  /** In this process: the socket is a file. @returns what it said; "" when there is no daemon yet */
  async ctl(...args: readonly string[]): Promise<string> {
    this.#daemon.mustRun();
    const { terminal, heard } = heardTerminal();
    const screen = { ...terminal, columns: undefined, rows: undefined, hasColour: false };
    await runCtl(["-c", join(this.#folder, "ldirectord.cf"), ...args], screen);
    return heard.out;
  }

  /** By the service's name. */
  async roles(): Promise<Readonly<Record<string, string | undefined>>> {
    const text = await this.ctl("status", "--json");
    if (text === "") return {};
    const { services } = JSON.parse(text) as Snapshot;
    return Object.fromEntries(services.map(({ name, role }) => [name, role]));
  }

  /** `backup eth0 7`, as ipvsadm tells. */
  async syncDaemons(): Promise<readonly string[]> {
    const text = await runIn(this.host, "ipvsadm", ["-L", "--daemon"]);
    const found = text.matchAll(/^(\w+) sync daemon \(mcast=(\w+), syncid=(\d+)/gm);
    return [...found].map(([, state, device, id]) => `${state} ${device} ${id}`).sort();
  }

  async untilSync(...wanted: readonly string[]): Promise<void> {
    const states = JSON.stringify(wanted.map((state) => `${state} eth0 7`));
    await until(
      () => this.syncDaemons(),
      (found) => JSON.stringify(found) === states,
      `${this.host.name} runs ${states}`,
    );
  }

  /** `STATE CLIENT VIRTUAL SERVER` of each, as ipvsadm tells; without the seconds, and whose the client is. */
  async connections(): Promise<readonly string[]> {
    const text = await runIn(this.host, "ipvsadm", ["-L", "-n", "-c"]);
    return text
      .split("\n")
      .slice(2)
      .flatMap((line) => {
        const [, , ...rest] = line.trim().split(/\s+/);
        return rest.length < 4 ? [] : [rest.join(" ")];
      })
      .sort();
  }

  address(does: "add" | "del", address: string): Promise<void> {
    return ipIn(this.host, [`addr ${does} ${address} dev eth0`]);
  }

  /** Of `place`: servers with weight, by the kernel's table. */
  async servers(place: string): Promise<readonly string[]> {
    const { servers = {} } = (await readTable(this.host))[`TCP ${place}`] ?? {};
    return Object.keys(servers).sort();
  }

  kill(): Promise<void> {
    return this.#daemon.kill();
  }
}

let network: Network<keyof typeof topology>;
let folder: string;
let client: Client;
let rs1: RealServer;
let rs2: RealServer;
let one: Side;
let two: Side;

/** As whatever moves an address does it: gone here, there now, and neighbours are told. */
async function move(vip: string, from: Side, to: Side): Promise<void> {
  await from.address("del", `${vip}/32`);
  await to.address("add", `${vip}/32`);
  await ipIn(network.host("client"), ["neigh flush dev eth0"]);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ldng-role-"));
  network = await Network.open(topology);
  [client, rs1, rs2] = await Promise.all([
    Client.start(network.host("client")),
    RealServer.start(network.host("rs1"), { name: "rs1", ports: [80, 81] }),
    RealServer.start(network.host("rs2"), { name: "rs2", ports: [80, 81] }),
  ]);
  const [first, second] = [network.host("one"), network.host("two")];
  await ipIn(
    first,
    [web, other].map((vip) => `addr add ${vip}/32 dev eth0`),
  );
  await ipIn(first, [`addr add ${six}/64 dev eth0 nodad`]);
  one = new Side(first, join(folder, "one"));
  two = new Side(second, join(folder, "two"));
});

afterEach(async ({ task }) => {
  if (task.result?.state !== "fail") return;
  for (const side of [one, two]) {
    const [syncs, lines] = await Promise.all([side.syncDaemons(), side.connections()]);
    const log = side.log.split("\n").slice(-30);
    say([side.host.name, ...log, ...side.mails, ...syncs, ...lines].join("\n"));
  }
});

afterAll(async () => {
  await Promise.all([one, two].map((side) => side?.kill()));
  await Promise.all([client, rs1, rs2].map((program) => program?.kill()));
  await network?.close();
  await rm(folder, { recursive: true, force: true });
});

const everywhere = (role: string) => ({
  [`${web}:80`]: role,
  [`${web}:81`]: role,
  [`${other}:80`]: role,
  [`[${six}]:80`]: role,
});

test("who has the addresses is active, the other a spare with the same table", async () => {
  for (const [side, role, sync] of [
    [one, "active", "master"],
    [two, "spare", "backup"],
  ] as const) {
    await until(
      () => side.roles(),
      (found) => JSON.stringify(found) === JSON.stringify(everywhere(role)),
      `${side.host.name} is ${role}`,
    );
    await side.untilSync(sync);
    const both = ["192.168.10.201:80", "192.168.10.202:80"];
    await until(
      () => side.servers(`${web}:80`),
      (found) => String(found) === String(both),
      "both servers",
    );
  }
  expect(await two.ctl("status")).toContain(
    `\ntcp:${web}:80 rr, 2 of 2 up, spare (${web} is on no interface of this host)\n`,
  );
  expect(await two.ctl("status")).toContain("\nsync daemon: backup on eth0, id 7\n");
  expect(one.log).toMatch(/Now active for 192\.168\.10\.101:80, 192\.168\.10\.101:81: 192/);
});

/** Those from the client's ports that are established, as one side knows them. */
const established = async (side: Side): Promise<readonly string[]> =>
  (await side.connections()).filter((line) => line.startsWith("ESTABLISHED"));

/** `CLIENT VIRTUAL SERVER` of the client's persistence, whose state is each side's own. */
const templateOf = async (side: Side): Promise<string | undefined> =>
  (await side.connections())
    .map((line) => line.replace(/^\S+ /, ""))
    .find((line) => line.startsWith(`192.168.10.37:0 ${web}:81 `));

test("by the kernel's own thresholds an idle connection is not known to the spare", async () => {
  await client.openConnections(`http://${web}/`, 3);
  await until(
    () => established(one),
    ({ length }) => length === 3,
    "three on the active one",
  );
  // One that has said more, and came later, is known.
  await client.get(`http://${web}/`);
  await until(
    () => two.connections(),
    (lines) => lines.some((line) => line.includes(`${web}:80`)),
    "the one that has ended",
  );
  expect(await established(two)).toEqual([]);
  await client.dropConnections();
});

test("with the thresholds at 0 every connection is known, and a client's server, too", async () => {
  for (const side of [one, two]) {
    const settings = ["net.ipv4.vs.sync_threshold=0 0", "net.ipv4.vs.sync_refresh_period=10"];
    await runIn(side.host, "sysctl", ["-qw", ...settings]);
  }
  await client.openConnections(`http://${web}/`, 10);
  const known = await until(
    () => established(one),
    ({ length }) => length === 10,
    "ten on the active one",
  );
  await until(
    () => established(two),
    (found) => JSON.stringify(found) === JSON.stringify(known),
    "the same ten on the spare",
  );
  await client.get(`http://${web}:81/`);
  const template = await until(
    () => templateOf(one),
    (line) => line !== undefined,
    "the template on the active one",
  );
  await until(
    () => templateOf(two),
    (line) => line === template,
    "the same on the spare",
  );
});

test("the address moves: the connections go on, and so does the client's server", async () => {
  const before = await templateOf(one);
  await move(web, one, two);
  await two.untilSync("backup", "master");
  await one.untilSync("backup", "master");
  await move(other, one, two);
  await one.address("del", `${six}/64`);
  await ipIn(two.host, [`addr add ${six}/64 dev eth0 nodad`]);
  await two.untilSync("master");
  await one.untilSync("backup");
  expect(await two.roles()).toEqual(everywhere("active"));
  expect(await one.roles()).toEqual(everywhere("spare"));
  const answers = await client.finishConnections();
  expect(answers.map(({ error }) => error)).toEqual(Array(10).fill(undefined));
  const server = before?.endsWith("192.168.10.201:81") ? "rs1" : "rs2";
  expect(await client.spread(`http://${web}:81/`, 4)).toEqual({ [`This is ${server}`]: 4 });
});

test("only the active one mails; the new one goes on from there", async () => {
  const [oneHad, twoHad] = [one.mails.length, two.mails.length];
  await rs1.refuse(80);
  const left = ["192.168.10.202:80"];
  for (const side of [one, two]) {
    for (const place of [`${web}:80`, `${other}:80`]) {
      await until(
        () => side.servers(place),
        (found) => String(found) === String(left),
        `${place} of ${side.host.name} has lost rs1`,
      );
    }
  }
  await until(
    async () => two.mails.slice(twoHad),
    ({ length }) => length === 2,
    "a mail for each service",
  );
  expect(two.mails.slice(twoHad).sort()).toEqual([
    `Deleted real server: 192.168.10.201:80 (${web}:80)`,
    `Deleted real server: 192.168.10.201:80 (${other}:80)`,
  ]);
  await move(web, two, one);
  await one.untilSync("backup", "master");
  await rs1.serve(80);
  await until(
    async () => [one.mails.length - oneHad, two.mails.length - twoHad],
    ([ofOne = 0, ofTwo = 0]) => ofOne >= 1 && ofTwo >= 3,
    "each tells of what it is active for",
  );
  expect(one.mails.slice(oneHad)).toEqual([
    `Added real server: 192.168.10.201:80 (${web}:80) (Weight set to 1)`,
  ]);
  expect(two.mails.slice(twoHad + 2)).toEqual([
    `Added real server: 192.168.10.201:80 (${other}:80) (Weight set to 1)`,
  ]);
});

test("an address that IPv6 finds to be another's makes nobody active", async () => {
  await one.address("add", `${six}/64`);
  await until(
    () => runIn(one.host, "ip", ["-6", "addr", "show", "dev", "eth0"]),
    (text) => text.includes("dadfailed"),
    "the address is refused",
  );
  expect((await one.roles())[`[${six}]:80`]).toBe("spare");
  // At the start, and never since.
  expect(one.log.match(/Now active for .*fd00:10::101/g)).toHaveLength(1);
  await one.address("del", `${six}/64`);
});

test("an address that comes and goes ends where it is", async () => {
  for (let i = 0; i < 10; i++) {
    await move(web, one, two);
    await move(web, two, one);
  }
  await move(web, one, two);
  await two.untilSync("master");
  await one.untilSync("backup");
  expect(await two.roles()).toEqual(everywhere("active"));
  expect(await one.roles()).toEqual(everywhere("spare"));
});
