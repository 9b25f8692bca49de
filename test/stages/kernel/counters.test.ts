/** ldirectorctl's commands about the kernel, beside what the real ipvsadm says of the same. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { runCtl } from "../../../src/ctl/program.ts";
import { ourProgram } from "../../lab/director.ts";
import { Lab } from "../../lab/lab.ts";
import { runIn, spawnIn } from "../../lab/namespace.ts";
import { translation, VIP } from "../../lab/topologies.ts";
import { until } from "../../lab/until.ts";
import { heardTerminal } from "../../support/fakes/heard-terminal.ts";

const ctlProgram = join(dirname(ourProgram), "ldirectorctl.js");

let lab: Lab;
let file = "";
const at = (name: string): string => join(lab.folder, name);

/** In this process: the socket is a file. @throws Error with its exit code and what it said */
async function ctl(...args: readonly string[]): Promise<string> {
  const { terminal, heard } = heardTerminal();
  const screen = { ...terminal, columns: undefined, rows: undefined, hasColour: false };
  const code = await runCtl(["-c", file, ...args], screen);
  if (code !== 0) throw new Error(`${code}: ${heard.err}`);
  return heard.out;
}
const json = async (...args: readonly string[]) => JSON.parse(await ctl(...args, "--json"));
const ipvsadm = (...args: readonly string[]): Promise<string> =>
  runIn(lab.director, "ipvsadm", args);

/** `ipvsadm -Ln`'s numbers: by service or server, the columns behind its name that are one. */
async function columns(...args: readonly string[]): Promise<Record<string, number[]>> {
  const lines = (await ipvsadm("-L", "-n", ...args)).split("\n").slice(3);
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name = "", ...rest] = line.trim().split(/\s+/);
      return name === "" ? [] : [[name, rest.filter((it) => /^\d+$/.test(it)).map(Number)]];
    }),
  );
}

const writeIni = (...more: readonly string[]): void =>
  writeFileSync(
    at("ldirectord-ng.ini"),
    [
      ...["[control]", `socket = ${at("control.sock")}`, `state = ${at("state")}`],
      ...["[table]", "reread-seconds = 3600", ...more, ""],
    ].join("\n"),
  );

beforeAll(async () => {
  lab = await Lab.open({ topology: translation(), servers: { ports: [80] } });
  file = at("counters.cf");
  writeFileSync(
    file,
    [
      `virtual=${VIP}:80`,
      ...["\treal=10.0.0.11:80 masq", "\treal=10.0.0.12:80 masq"],
      ...["\tscheduler=rr", "\tchecktype=on", ""],
    ].join("\n"),
  );
  writeIni("[sync]", "start = backup", "interface = eth0", "id = 9", "[timeouts]", "udp = 200");
  lab.startDaemon(file);
  await lab.untilServers(`TCP ${VIP}:80`, { "10.0.0.11:80": "Masq 1", "10.0.0.12:80": "Masq 1" });
  await until(
    () => ctl("timeouts").catch(() => ""),
    (text) => text !== "",
    "the control socket",
  );
});

afterEach(async ({ task }) => {
  if (task.result?.state === "fail") await lab.printReport();
});

afterAll(async () => {
  await lab?.close();
});

test("so many connections are so many in our counters, and all numbers are ipvsadm's", async () => {
  expect(await lab.client.spread(`http://${VIP}/`, 20)).toEqual({
    "This is rs1": 10,
    "This is rs2": 10,
  });
  // The last packets of a connection may come after the answer.
  const { stats, services } = await until(
    async () => {
      const before = await columns("--stats", "--exact");
      const told = await json("stats");
      const after = await columns("--stats", "--exact");
      return { stats: before, after, services: told.services };
    },
    // What the daemon tells may be a second old.
    (seen) =>
      JSON.stringify(seen.stats) === JSON.stringify(seen.after) &&
      seen.services[0]?.traffic.conns === 20,
    "counters that stand still",
  );
  const numbers = ({ traffic }: { traffic: Record<string, number> }) =>
    ["conns", "packetsIn", "packetsOut", "bytesIn", "bytesOut"].map((name) => traffic[name]);
  expect(services).toHaveLength(1);
  const [service] = services;
  expect(service).toMatchObject({ id: `tcp:${VIP}:80`, name: `${VIP}:80`, isInFile: true });
  expect(service.traffic.conns).toBe(20);
  expect(service.traffic.packetsOut).toBeGreaterThan(20);
  expect(numbers(service)).toEqual(stats[`${VIP}:80`]);
  expect(service.servers.map(({ server }: { server: string }) => server)).toEqual([
    "10.0.0.11:80",
    "10.0.0.12:80",
  ]);
  for (const server of service.servers) {
    expect(server.traffic.conns).toBe(10);
    expect(numbers(server)).toEqual(stats[server.row]);
  }
  expect(await ctl("stats", "10.0.0.12")).toMatch(
    /^VIRTUAL \/ REAL .*\n192\.168\.10\.101:80 +.*\n {2}10\.0\.0\.12:80 +0 +10 +0 +10 /,
  );
});

test("connections that stand are told with their clients, and are active as ipvsadm has them", async () => {
  const script = `
    const { connect } = require("node:net");
    let open = 0;
    for (let n = 0; n < 5; n++) connect(80, "${VIP}", () => ++open === 5 && console.log("open"));
    process.stdin.resume().on("end", () => process.exit());`;
  const holder = spawnIn(lab.clientHost, process.execPath, ["-e", script], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    if (holder.stdout === null) throw new Error("no pipe");
    await once(holder.stdout, "data");
    const [service] = await until(
      async () => (await json("stats")).services,
      ([seen]) => seen?.activeConns === 5,
      "five are active",
    );
    const shown = await columns();
    for (const { row, activeConns, inactiveConns } of service.servers) {
      expect([1, activeConns, inactiveConns]).toEqual(shown[row]);
    }
    const { found, isWhole } = await json("connections", `${VIP}:80`, "--sort", "state");
    expect(isWhole).toBe(true);
    const standing = found.filter(({ state }: { state: string }) => state === "ESTABLISHED");
    expect(standing).toHaveLength(5);
    for (const { client, virtual, protocol } of standing) {
      expect([client.address, virtual.address, protocol]).toEqual(["192.168.10.37", VIP, "tcp"]);
    }
    const all = (await ipvsadm("-L", "-n", "-c")).split("\n").filter((line) => /^TCP/.test(line));
    expect(found).toHaveLength(all.length);
    const one = await ctl("connections", "10.0.0.11:80", "--top", "1");
    expect(one).toMatch(/^tcp 192\.168\.10\.101:80 > 10\.0\.0\.11:80: 1\n {2}CLIENT /);
    expect(one).toMatch(/^ {2}192\.168\.10\.37:\d+ +(established|time_wait|fin_wait)/m);
  } finally {
    const closed = once(holder, "close");
    holder.stdin?.end();
    await closed;
  }
});

test("while requests come there are rates", async () => {
  await lab.client.startLoad(`http://${VIP}/`, 50);
  try {
    await until(
      async () => (await json("rate", "--sort", "conns")).services[0].traffic,
      ({ connsPerSec, bytesInPerSec, packetsOutPerSec }) =>
        connsPerSec > 0 && bytesInPerSec > 0 && packetsOutPerSec > 0,
      "rates above 0",
    );
  } finally {
    await lab.client.stopLoad();
  }
  expect(await ctl("rate")).toMatch(/^VIRTUAL \/ REAL +ACTIVE +CONNS +PK-IN/);
});

test("what save writes ipvsadm restores, and then writes the same", async () => {
  const lines = [
    "-A -t 192.168.10.101:443 -s sh -b sh-fallback,sh-port",
    "-a -t 192.168.10.101:443 -r 10.0.0.11:443 -g -w 5 -x 20 -y 10",
    "-a -t 192.168.10.101:443 -r 10.0.0.12:8443 -m -w 0",
    "-a -t 192.168.10.101:443 -r 10.0.0.13:443 -i -w 65535",
    "-A -t 192.168.10.102:0 -s lblcr -p 90 -M 255.255.0.0",
    "-A -u 192.168.10.101:53 -s rr -o",
    "-A -t [fd00::1]:443 -s mh -p 60 -M 64 -b mh-port",
    "-a -t [fd00::1]:443 -r [fd00::3]:443 -g -w 3",
    "-A -f 5 -s wrr -p 300",
    "-A -f 6 -6 -s wlc",
    "-a -f 6 -6 -r [fd00::3]:0 -g -w 3",
  ];
  for (const line of lines) await ipvsadm(...line.split(" "));
  const written = await ipvsadm("-S", "-n");
  const thresholds = await ipvsadm("-L", "-n", "--thresholds");
  const saved = await runIn(lab.director, process.execPath, [ctlProgram, "-c", file, "save"]);
  // Beside the order within a service: ipvsadm leaves thresholds out, and names the tunnel that is meant without a name.
  const words = (text: string) =>
    text
      .split("\n")
      .map((line) => line.replace(/ -x \d+ -y \d+| --tun-type ipip/, "").trimEnd())
      .sort();
  expect(words(saved)).toEqual(words(written));
  expect(saved).toContain("-r 10.0.0.11:443 -g -w 5 -x 20 -y 10\n");
  await ipvsadm("-C");
  expect((await ipvsadm("-S", "-n")).trim()).toBe("");
  await runIn(lab.director, "ipvsadm", ["-R"], saved);
  expect(await ipvsadm("-S", "-n")).toBe(written);
  expect(await ipvsadm("-L", "-n", "--thresholds")).toBe(thresholds);
  expect(
    (await json("stats")).services.map(({ isInFile }: { isInFile: boolean }) => isInFile),
  ).toEqual(expect.arrayContaining([true, false]));
  for (const line of lines.filter((each) => each.startsWith("-A"))) {
    await ipvsadm("-D", ...line.split(" ").slice(1, /-6/.test(line) ? 4 : 3));
  }
});

test("the file's sync daemon runs, and others are started and stopped", async () => {
  const daemons = async (): Promise<string> => ipvsadm("-L", "--daemon");
  expect(await daemons()).toMatch(/^backup sync daemon \(mcast=eth0, syncid=9,/);
  expect(await ctl("sync")).toMatch(/\nbackup +eth0 +9 +224\.0\.0\.81 +8848 +1 +/);
  await ctl("sync", "start", "master", "--interface", "eth1", "--id", "3", "--ttl", "2");
  expect(await daemons()).toMatch(/^master sync daemon \(mcast=eth1, syncid=3,.*ttl=2/m);
  await expect(ctl("sync", "start", "master", "--interface", "eth1")).rejects.toThrow(
    "1: can not start the IPVS sync daemon as master on eth1: EEXIST",
  );
  await expect(ctl("sync", "start", "backup", "--interface", "no0")).rejects.toThrow("ENODEV");
  expect(await ctl("sync", "stop")).toBe("no sync daemon runs\n");
  expect((await daemons()).trim()).toBe("");
  await expect(ctl("sync", "stop", "backup")).rejects.toThrow(
    "1: can not stop the IPVS sync daemon as backup: ESRCH",
  );
});

test("the file's timeouts hold, and others are set", async () => {
  const timeouts = async (): Promise<string> => (await ipvsadm("-L", "--timeout")).trim();
  expect(await timeouts()).toBe("Timeout (tcp tcpfin udp): 900 120 200");
  expect(await ctl("timeouts", "--tcp", "600", "--tcp-fin", "60")).toBe(
    "tcp 600 s, tcp-fin 60 s, udp 200 s\n",
  );
  expect(await timeouts()).toBe("Timeout (tcp tcpfin udp): 600 60 200");
});

test("stop ends the sync daemon that runs for the file; without a daemon nothing is told", async () => {
  writeIni("[sync]", "start = both", "interface = eth1", "id = 10");
  lab.daemon.reload();
  await until(
    () => ctl("sync"),
    (text) => /^master .*\nbackup /m.test(text),
    "both run",
  );
  expect(await lab.daemon.stop()).toBe(0);
  expect((await ipvsadm("-L", "--daemon")).trim()).toBe("");
  await expect(ctl("stats")).rejects.toThrow("3: no ldirectord-ng runs for");
});
