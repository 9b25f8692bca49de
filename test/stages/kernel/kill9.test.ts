import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { spread } from "../../lab/client.ts";
import type { Table } from "../../lab/ipvsadm.ts";
import { Lab } from "../../lab/lab.ts";
import { seeded } from "../../lab/random.ts";
import { say } from "../../lab/say.ts";
import { TableWatch } from "../../lab/table-watch.ts";
import { directRouting, VIP } from "../../lab/topologies.ts";
import { until } from "../../lab/until.ts";

const KILLS = Number(process.env["LAB_KILLS"] ?? 50);
const seed = Number(process.env["LAB_SEED"] ?? Date.now() % 1_000_000);
const random = seeded(seed);
const below = (limit: number): number => Math.floor(random() * limit);

const addresses = { rs1: "192.168.10.201", rs2: "192.168.10.202" } as const;
type Server = keyof typeof addresses;

/** One server of each service stays healthy; the other one fails and returns, save on port 80, where clients ask. */
const services: readonly {
  port: number;
  steady: Server;
  flaps: boolean;
  quiescent: "yes" | "no";
}[] = [
  { port: 80, steady: "rs1", flaps: false, quiescent: "no" },
  { port: 8001, steady: "rs1", flaps: true, quiescent: "no" },
  { port: 8002, steady: "rs2", flaps: true, quiescent: "no" },
  { port: 8003, steady: "rs1", flaps: true, quiescent: "yes" },
  { port: 8004, steady: "rs2", flaps: true, quiescent: "yes" },
];
const other = (server: Server): Server => (server === "rs1" ? "rs2" : "rs1");
const serviceName = (port: number): string => `TCP ${VIP}:${port}`;

/** Weights as the file has them now, "rs1:80" to weight. */
const weights = new Map<string, number>();
/** Ports whose other server refuses now. */
const failing = new Set<number>();

function fileText(): string {
  const blocks = services.map(({ port, quiescent }) => {
    const reals = (["rs1", "rs2"] as const).map(
      (server) =>
        `    real=${addresses[server]}:${port} gate ${weights.get(`${server}:${port}`) ?? 1}`,
    );
    return [
      `virtual=${VIP}:${port}`,
      ...reals,
      "    fallback=127.0.0.1:80 gate",
      "    service=http",
      "    scheduler=wrr",
      '    request="/"',
      '    receive="This is"',
      `    quiescent=${quiescent}`,
    ].join("\n");
  });
  return [
    "checktimeout=5",
    "negotiatetimeout=5",
    "checkinterval=1",
    "autoreload=yes",
    "",
    ...blocks,
  ]
    .join("\n\n")
    .concat("\n");
}

/** What a fresh start comes to. */
function expectedTable(): Table {
  const entries = services.map(({ port, steady, quiescent }) => {
    const rows = (["rs1", "rs2"] as const).flatMap((server) => {
      const isDown = server !== steady && failing.has(port);
      if (isDown && quiescent === "no") return [];
      const weight = isDown ? 0 : (weights.get(`${server}:${port}`) ?? 1);
      return [[`${addresses[server]}:${port}`, `Route ${weight}`] as const];
    });
    return [serviceName(port), { settings: "wrr", servers: Object.fromEntries(rows) }] as const;
  });
  return Object.fromEntries(entries);
}

let lab: Lab;
let file: string;

async function writeConfiguration(): Promise<void> {
  await writeFile(`${file}.new`, fileText());
  await rename(`${file}.new`, file);
}

/** One thing that happens in a busy place. */
async function somethingHappens(): Promise<void> {
  const { port, steady, flaps } = services[below(services.length)] ?? {
    port: 80,
    steady: "rs1",
    flaps: false,
  };
  const flapper = other(steady);
  const what = below(4);
  if (what === 0) {
    weights.set(`${random() < 0.5 ? "rs1" : "rs2"}:${port}`, 1 + below(5));
    await writeConfiguration();
  } else if (what === 1) {
    if (!lab.daemon.hasEnded) lab.daemon.reload();
  } else if (flaps && failing.has(port)) {
    failing.delete(port);
    await lab[flapper].serve(port);
  } else if (flaps) {
    failing.add(port);
    await lab[flapper].refuse(port);
  }
}

/** Services that had a healthy row, and every look at the table at which one of them had none. */
const served = new Set<string>();
const gaps: string[] = [];
let round = 0;

function look(table: Table): void {
  for (const { port, steady } of services) {
    const name = serviceName(port);
    const row = table[name]?.servers[`${addresses[steady]}:${port}`];
    if (row !== undefined && row !== "Route 0") served.add(name);
    else if (served.has(name)) gaps.push(`round ${round}: ${name} ${JSON.stringify(table[name])}`);
  }
}

beforeAll(async () => {
  const ports = services.map(({ port }) => port);
  lab = await Lab.open({ topology: directRouting(), servers: { ports }, sorry: { ports: [80] } });
  file = join(lab.folder, "busy.cf");
  await writeConfiguration();
});

afterEach(async ({ task }) => {
  if (task.result?.state === "fail") {
    say(`LAB_SEED=${seed}`);
    await lab.printReport();
  }
});

afterAll(async () => {
  await lab?.close();
});

const runs = async (): Promise<boolean> => {
  lab.daemon.mustRun();
  return lab.daemon.log.includes("Starting Linux Director");
};

test(`killed ${KILLS} times at any moment, it never leaves a service empty that has a healthy server`, async () => {
  say(`LAB_SEED=${seed}`);
  const watch = TableWatch.start(lab.director, look);
  lab.startDaemon(file);
  await lab.untilServers(serviceName(80), expectedTable()[serviceName(80)]?.servers ?? {});
  await lab.client.startLoad(`http://${VIP}/`, 500);
  let startMs = 1000;
  for (round = 1; round <= KILLS; round += 1) {
    const begin = performance.now();
    if (round > 1) lab.startDaemon(file);
    // Two kills of five while it starts, the rest in its first seconds of work.
    if (random() < 0.4) {
      await sleep(random() * startMs);
    } else {
      await until(runs, Boolean, `round ${round}: the daemon runs`);
      startMs = performance.now() - begin;
      await sleep(random() * 1200);
    }
    await somethingHappens();
    await somethingHappens();
    await sleep(random() * 300);
    await lab.daemon.kill();
    await somethingHappens();
  }
  const answers = spread(await lab.client.stopLoad());
  await watch.stop();
  say(`${watch.seen} looks at the table; ${JSON.stringify(answers)}`);
  expect(gaps).toEqual([]);
  expect([...served]).toHaveLength(services.length);
  expect(watch.seen).toBeGreaterThan(KILLS);
  expect(Object.keys(answers).sort()).toEqual(["This is rs1", "This is rs2"]);
}, 1_200_000);

test("in the end the table is what a fresh start makes", async () => {
  await lab.daemon.kill();
  // Two servers stay down, one in a service that keeps such with weight 0.
  for (const { port, steady } of services) {
    const isDown = port === 8001 || port === 8003;
    if (isDown) failing.add(port);
    else failing.delete(port);
    await lab[other(steady)][isDown ? "refuse" : "serve"](port);
  }
  await writeConfiguration();
  const wanted = expectedTable();
  const isWanted = (table: Table): boolean =>
    JSON.stringify(ordered(table)) === JSON.stringify(ordered(wanted));
  for (const whichStart of ["after the kills", "fresh"]) {
    lab.startDaemon(file);
    await until(runs, Boolean, "the daemon runs"); // before that, the signal to stop would be its death
    await until(lookWhileItRuns, isWanted, `${whichStart}: ${JSON.stringify(wanted)}`);
    if (whichStart === "fresh") break;
    expect(await lab.daemon.stop()).toBe(0);
    expect(await lab.table()).toEqual({});
  }
});

function lookWhileItRuns(): Promise<Table> {
  lab.daemon.mustRun();
  return lab.table();
}

/** Rows in the order of their names: the kernel lists the newest first. */
function ordered(table: Table): unknown {
  return Object.keys(table)
    .sort()
    .map((name) => [
      name,
      table[name]?.settings,
      Object.entries(table[name]?.servers ?? {}).sort(),
    ]);
}
