import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { example } from "../../lab/director.ts";
import { Lab } from "../../lab/lab.ts";
import { directRouting } from "../../lab/topologies.ts";

const BY_SERVICE = "192.168.10.101";
const BY_PORT_0 = "192.168.10.102";
const BY_MARK = "192.168.10.103";
const marks = [{ address: BY_MARK, ports: [80, 443], mark: 6 }];

let lab: Lab;

beforeAll(async () => {
  const plan = directRouting([BY_SERVICE, BY_PORT_0, BY_MARK], marks);
  lab = await Lab.open({ topology: plan, servers: { ports: [80], tlsPorts: [443] } });
  lab.startDaemon(example("persistence.cf"));
  const port80 = { "192.168.10.201:80": "Route 1", "192.168.10.202:80": "Route 1" };
  const port0 = { "192.168.10.201:0": "Route 1", "192.168.10.202:0": "Route 1" };
  await lab.untilServers(`TCP ${BY_SERVICE}:80`, port80);
  await lab.untilServers(`TCP ${BY_PORT_0}:0`, port0);
  await lab.untilServers("FWM 6", port0);
});

afterEach(async ({ task }) => {
  if (task.result?.state === "fail") await lab.printReport();
});

afterAll(async () => {
  await lab?.close();
});

/** The server that answered all of them. */
async function onlyServer(url: string, from: string): Promise<string | undefined> {
  const spread = await lab.client.spread(url, 4, from);
  expect(Object.keys(spread)).toHaveLength(1);
  return Object.keys(spread)[0];
}

test("the table shows the timeout, and the netmask where one is set", async () => {
  const table = await lab.table();
  expect(table[`TCP ${BY_SERVICE}:80`]?.settings).toBe("rr persistent 600 mask 255.255.255.0");
  expect(table[`TCP ${BY_PORT_0}:0`]?.settings).toBe("rr persistent 600");
  expect(table["FWM 6"]?.settings).toBe("rr persistent 600");
});

test("all clients of one network stay on one server, the next network gets the other", async () => {
  const url = `http://${BY_SERVICE}/`;
  const first = await onlyServer(url, "10.1.1.1");
  expect(await onlyServer(url, "10.1.1.2")).toBe(first);
  const second = await onlyServer(url, "10.1.2.1");
  expect(await onlyServer(url, "10.1.2.2")).toBe(second);
  expect(new Set([first, second])).toEqual(new Set(["This is rs1", "This is rs2"]));
});

test.for([
  ["port 0", BY_PORT_0],
  ["a mark", BY_MARK],
])("by %s, all services of one client stay on one server", async ([, vip]) => {
  const servers = [];
  for (const from of ["10.1.1.5", "10.1.1.6"]) {
    const server = await onlyServer(`http://${vip}/`, from);
    expect(await onlyServer(`https://${vip}/`, from)).toBe(server);
    servers.push(server);
  }
  expect(new Set(servers)).toEqual(new Set(["This is rs1", "This is rs2"]));
});

test("stop takes the services out of the kernel", async () => {
  expect(await lab.daemon.stop()).toBe(0);
  expect(await lab.table()).toEqual({});
});
