import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { spread } from "../../lab/client.ts";
import { Lab } from "../../lab/lab.ts";
import { directRouting, VIP } from "../../lab/topologies.ts";
import { until } from "../../lab/until.ts";

const service = `TCP ${VIP}:80`;
const [rs1, rs2] = ["192.168.10.201", "192.168.10.202"] as const;
const settings = "checktimeout=3\nnegotiatetimeout=3\ncheckinterval=1\nautoreload=yes\n";
const block = (port: number, servers: readonly string[], ...more: readonly string[]) =>
  [
    `virtual=${VIP}:${port}`,
    ...servers.map((server) => `    real=${server}:80 gate 1`),
    "    fallback=127.0.0.1:80 gate",
    "    service=http",
    ...more.map((line) => `    ${line}`),
    "",
  ].join("\n");
const good = settings + block(80, [rs1]);

let lab: Lab;
let file: string;
let mark = 0;

beforeAll(async () => {
  lab = await Lab.open({ topology: directRouting(), servers: { ports: [80] } });
  file = join(lab.folder, "reload.cf");
  await writeFile(file, good);
  lab.startDaemon(file);
  await lab.untilServers(service, { [`${rs1}:80`]: "Route 1" });
});

afterEach(async ({ task }) => {
  if (task.result?.state === "fail") await lab.printReport();
});

afterAll(async () => {
  await lab?.close();
});

/** Once the daemon has said that since the last edit. */
async function says(text: RegExp): Promise<void> {
  const look = async () => {
    lab.daemon.mustRun();
    return lab.daemon.log.slice(mark);
  };
  await until(look, (log) => text.test(log), `the daemon says ${text}`);
}

async function edit(text: string): Promise<void> {
  mark = lab.daemon.log.length;
  await writeFile(file, text);
}

/** Clients ask all the while; who answered them. */
async function underTraffic(work: () => Promise<void>) {
  await lab.client.startLoad(`http://${VIP}/`, 50);
  try {
    await work();
  } finally {
    mark = lab.daemon.log.length;
  }
  return Object.keys(spread(await lab.client.stopLoad()));
}

test.for<[how: string, text: string]>([
  ["empty", ""],
  ["cut short", good.slice(0, settings.length + 12)],
])("while the file is %s every request is served, and the mended one is read", async (found) => {
  const [, text] = found;
  const answers = await underTraffic(async () => {
    await edit(text);
    await says(/is left alone|Reload of .* failed/);
    await edit(settings + block(80, [rs1], "scheduler=rr"));
    await says(/Changed virtual server/);
    await edit(good);
    await says(/Changed virtual server/);
  });
  expect(answers).toEqual(["This is rs1"]);
});

test("a scheduler's name that is too long costs nobody a request", async () => {
  const answers = await underTraffic(async () => {
    await edit(
      settings +
        block(80, [rs1], "scheduler=leastconnections") +
        block(81, [rs1], "scheduler=leastconnections") +
        block(82, [rs1]),
    );
    await says(/IPVS refused to change virtual service .*:80 .*15 letters/);
    await says(new RegExp(`Added real server: ${rs1}:80 \\(${VIP}:82\\)`));
  });
  expect(answers).toEqual(["This is rs1"]);
  expect(Object.keys(await lab.table()).sort()).toEqual([service, `TCP ${VIP}:82`]);
});

test("when all servers are replaced, every request is served by a server, never by the sorry server", async () => {
  const answers = await underTraffic(async () => {
    await edit(settings + block(80, [rs2]));
    await lab.untilServers(service, { [`${rs2}:80`]: "Route 1" });
  });
  expect(answers.sort()).toEqual(["This is rs1", "This is rs2"]);
});

test("an order empties the table, and says so", async () => {
  await edit("");
  await says(/is left alone/);
  lab.daemon.reload();
  await says(/names no virtual service any more/);
  await until(
    () => lab.table(),
    (table) => Object.keys(table).length === 0,
    "an empty table",
  );
});
