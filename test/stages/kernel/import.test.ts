/** keepalived and, on what `ldirectorctl import` makes of its file, our daemon: both leave the same in the kernel's table. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { importConf } from "../../../src/keepalived/import-conf.ts";
import type { Director } from "../../lab/director.ts";
import { Lab } from "../../lab/lab.ts";
import { runIn, spawnIn } from "../../lab/namespace.ts";
import { say } from "../../lab/say.ts";
import { directRouting } from "../../lab/topologies.ts";
import { until } from "../../lab/until.ts";

const folder = join(import.meta.dirname, "../../support/keepalived");
const confOf = (name: string): string => join(folder, `${name}.conf`);

let lab: Lab;
let keepalived: ChildProcess | undefined;
let said = "";
let daemon: Director | undefined;

beforeAll(async () => {
  const pages = { "/index.html": "Test Ldirectord, this is" };
  lab = await Lab.open({ topology: directRouting(), servers: { ports: [80, 81], pages } });
});

afterEach(async ({ task }) => {
  if (task.result?.state === "fail") {
    say(`keepalived's last words:\n${said.split("\n").slice(-40).join("\n")}`);
    await lab.printReport();
  }
  await stopKeepalived();
  await daemon?.stop();
  await lab.rs2.restart();
});

afterAll(async () => {
  await lab?.close();
});

/** As `ipvsadm-save -n` has it, whatever the order. */
const savedTable = async (): Promise<readonly string[]> => {
  const text = await runIn(lab.director, "ipvsadm", ["-S", "-n"]);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .sort();
};

function startKeepalived(conf: string): void {
  said = "";
  const files = ["-f", conf, "-p", join(lab.folder, "k.pid"), "-c", join(lab.folder, "c.pid")];
  const options = ["--dont-fork", "--log-console", "--log-detail", "--check"];
  keepalived = spawnIn(lab.director, "keepalived", [...options, ...files], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [keepalived.stdout, keepalived.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
}

async function stopKeepalived(): Promise<void> {
  if (keepalived === undefined || keepalived.exitCode !== null) return;
  const closed = once(keepalived, "close");
  keepalived.kill("SIGTERM");
  await closed;
  keepalived = undefined;
}

/** The table that keepalived leaves when it has tried every real server, which it takes as up until then. */
async function tableOfKeepalived(name: string, hasTried: (table: readonly string[]) => boolean) {
  startKeepalived(confOf(name));
  const hasBegun = async () => said.includes("Startup complete");
  await until(hasBegun, (begun) => begun, "keepalived has begun");
  const table = await until(savedTable, hasTried, `${name}: keepalived has its verdicts`);
  await stopKeepalived();
  await until(savedTable, (rest) => rest.length === 0, "keepalived has left");
  return table;
}

async function startOurs(name: string): Promise<Director> {
  const { cf } = await importConf(confOf(name), { configId: "lab" });
  const file = join(lab.folder, `${name}.cf`);
  await writeFile(file, cf);
  daemon = lab.startDaemon(file);
  return daemon;
}

async function untilSame(ours: Director, table: readonly string[], name: string): Promise<void> {
  const wanted = JSON.stringify(table);
  const look = () => {
    ours.mustRun();
    return savedTable();
  };
  await until(
    look,
    (seen) => JSON.stringify(seen) === wanted,
    `${name}: the same table: ${wanted}`,
  );
}

async function expectSame(name: string, table: readonly string[]): Promise<void> {
  const ours = await startOurs(name);
  await untilSame(ours, table, name);
  expect(await ours.stop()).toBe(0);
  expect(await savedTable()).toEqual([]);
}

/** Not one row of this server with a weight above 0. */
const isWithout =
  (address: string) =>
  (table: readonly string[]): boolean =>
    !table.some((line) => line.includes(` -r ${address}:`) && !line.endsWith(" -w 0"));

const zeroWeights = (table: readonly string[]): number =>
  table.filter((line) => line.endsWith(" -w 0")).length;

test.for([
  ["tcp", { rows: 3 }],
  ["http", { rows: 3 }],
  ["fwmark", { rows: 3 }],
  ["group", { rows: 8 * 3 + 4 * 2 }],
  ["scheduling", { rows: 11, zeros: 1 }],
  ["ipv6", { rows: 7 }],
  // In alpha mode they begin with 0.
  ["inhibit", { rows: 6 }],
] as const)("all servers are up: %s", { timeout: 280_000 }, async ([name, wanted]) => {
  const { rows, zeros } = { zeros: 0, ...wanted };
  const isAllUp = (seen: readonly string[]): boolean =>
    seen.length === rows && zeroWeights(seen) === zeros;
  await expectSame(name, await tableOfKeepalived(name, isAllUp));
});

test.for(["tcp", "http", "fwmark", "group", "sorry", "inhibit"] as const)(
  "the second server is dead: %s",
  { timeout: 280_000 },
  async (name) => {
    await lab.rs2.kill();
    const table = await tableOfKeepalived(name, isWithout("192.168.10.202"));
    await expectSame(name, table);
  },
);

test("the move: ours takes the table over, and keeps it when keepalived goes", async () => {
  startKeepalived(confOf("tcp"));
  const table = await until(savedTable, ({ length }) => length === 3, "keepalived has begun");
  const ours = await startOurs("tcp");
  const hasAsked = async () => ours.log.includes("192.168.10.202:80");
  await until(hasAsked, (it) => it, "ours has asked the second server");
  expect(await savedTable()).toEqual(table);
  await stopKeepalived();
  await untilSame(ours, table, "tcp, after keepalived has taken its services out");
}, 280_000);
