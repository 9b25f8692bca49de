/** What cannot be reached from here is out for the clients, too; and when nothing can, the fallback answers. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { spread } from "../../lab/client.ts";
import { Lab } from "../../lab/lab.ts";
import { translationOverTwoCards, VIP } from "../../lab/topologies.ts";

const first = ["10.0.1.11:8080", "Masq 1"] as const;
const second = ["10.0.2.11:8080", "Masq 1"] as const;
const sorry = (port: number) => ({ [`127.0.0.1:${port}`]: "Route 1" });
/** Services with the server behind eth1, the one behind eth2, and both. */
const services = { 81: [first], 82: [second], 80: [first, second] };
const url = (port: number) => `http://${VIP}:${port}/`;

const file = Object.entries(services)
  .map(
    ([port, reals]) => `virtual=${VIP}:${port}
${reals.map(([real]) => `\treal=${real} masq\n`).join("")}\tfallback=127.0.0.1:${port} gate
\tservice=http
\trequest="/"
\treceive="This is"
\tquiescent=no
`,
  )
  .join("\n");

let lab: Lab;

async function untilServers(port: keyof typeof services, rows: Record<string, string>) {
  await lab.untilServers(`TCP ${VIP}:${port}`, rows);
}

beforeAll(async () => {
  lab = await Lab.open({
    topology: translationOverTwoCards(),
    servers: { ports: [8080] },
    sorry: { ports: [80, 81, 82] },
  });
  const path = join(lab.folder, "cards.cf");
  await writeFile(path, `checkinterval=1\nchecktimeout=2\nnegotiatetimeout=2\n\n${file}`);
  lab.startDaemon(path);
  for (const port of [81, 82, 80] as const) {
    await untilServers(port, Object.fromEntries(services[port]));
  }
});

afterEach(async ({ task }) => {
  if (task.result?.state === "fail") await lab.printReport();
});

afterAll(async () => {
  await lab?.close();
});

test("one card loses its carrier: its servers are out, and clients of the other notice nothing", async () => {
  await lab.client.startLoad(url(82), 20);
  await lab.cable("eth1", "out");
  await untilServers(81, sorry(81));
  await untilServers(80, Object.fromEntries([second]));
  const answers = await lab.client.stopLoad();
  expect(spread(answers)).toEqual({ "This is rs2": answers.length });
  expect(answers.length).toBeGreaterThan(20);
  expect(lab.daemon.log).toMatch(/Check failed: 10\.0\.1\.11:8080 .* our own link eth1/);
  expect(await lab.client.spread(url(80), 4)).toEqual({ "This is rs2": 4 });
  expect(await lab.client.spread(url(81), 4)).toEqual({ "This is the sorry server": 4 });
});

test("the other loses it as well: the fallback enters", async () => {
  await lab.cable("eth2", "out");
  for (const port of [82, 80] as const) await untilServers(port, sorry(port));
  expect(await lab.client.spread(url(80), 4)).toEqual({ "This is the sorry server": 4 });
});

test("the links come back: so do the servers", async () => {
  await Promise.all([lab.cable("eth1", "in"), lab.cable("eth2", "in")]);
  for (const port of [81, 82, 80] as const) {
    await untilServers(port, Object.fromEntries(services[port]));
  }
  expect(await lab.client.spread(url(80), 4)).toEqual({ "This is rs1": 2, "This is rs2": 2 });
});
