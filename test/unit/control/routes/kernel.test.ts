import { afterAll, beforeAll, expect, test } from "vitest";
import type { ConnectionFilter, Connections } from "../../../../src/ipvs/connections.ts";
import { EmbeddedIpvs } from "../../../../src/ipvs/embedded-ipvs.ts";
import { serverRow, serviceRow, tcp } from "../../../support/builders.ts";
import { type ControlledDaemon, controlledDaemon } from "../../../support/daemon-on-table.ts";

/** Keeps what it was asked for. */
class AskedIpvs extends EmbeddedIpvs {
  asked: readonly [ConnectionFilter, number] | undefined;
  override async connections(filter?: ConnectionFilter, most = 0): Promise<Connections> {
    this.asked = [filter ?? {}, most];
    return super.connections();
  }
}

const ipvs = new AskedIpvs();
let daemon: ControlledDaemon;
const many = Array.from({ length: 250 }, (_, n) => serverRow(`10.0.1.${n + 1}:80`));

beforeAll(async () => {
  const foreign = tcp("10.0.0.2:80");
  await ipvs.apply([
    { kind: "add-service", service: serviceRow(foreign) },
    ...many.map((dest) => ({ kind: "add-dest", key: foreign, dest }) as const),
  ]);
  daemon = await controlledDaemon(
    ipvs,
    "virtual=10.0.0.1:80\n\treal=10.0.0.3:80 gate\n\tchecktype=on\n",
  );
  await daemon.log.until("real-added");
});
afterAll(() => daemon.close());

test("the table and the counters are whole JSON, however long, rows of others too", async () => {
  const [own, others] = await ipvs.list();
  expect(await daemon.ask("GET", "/v1/table")).toEqual({
    status: 200,
    body: {
      services: expect.arrayContaining([
        { id: "tcp:10.0.0.1:80", name: "10.0.0.1:80", ...[own, others].find(isOwn) },
        expect.objectContaining({ dests: [...many].reverse() }),
      ]),
    },
  });
  const { body } = await daemon.ask("GET", "/v1/counters");
  const { services } = body as { services: readonly { servers: readonly { row: string }[] }[] };
  expect(services.map(({ servers }) => servers.length).sort()).toEqual([1, 250]);
  expect(services).toContainEqual(
    expect.objectContaining({
      name: "10.0.0.1:80",
      servers: [expect.objectContaining({ row: "10.0.0.3:80", activeConns: 0 })],
    }),
  );
});
const isOwn = (row: Awaited<ReturnType<typeof ipvs.list>>[number] | undefined): boolean =>
  row?.dests.length === 1;

test.for<[query: string, filter: ConnectionFilter, most: number]>([
  ["", {}, 10_000],
  ["?real=10.0.0.3:80&most=5", { real: { address: "10.0.0.3", port: 80 } }, 5],
  [
    "?virtual=[FD00::0001]:0&protocol=udp",
    { virtual: { address: "fd00::1", port: 0 }, protocol: "udp" },
    10_000,
  ],
])("connections%s", async ([query, filter, most]) => {
  const { status } = await daemon.ask("GET", `/v1/connections${query}`);
  expect(status).toBe(200);
  expect(ipvs.asked).toEqual([filter, most]);
});

test("sync daemons and timeouts are told, ordered, and logged with who ordered them", async () => {
  expect(await daemon.ask("GET", "/v1/sync")).toEqual({ status: 200, body: { daemons: [] } });
  const master = { state: "master", interface: "lo", id: 0, ttl: 2 };
  const order = { state: "master", interface: "lo", ttl: 2 };
  const started = await daemon.ask("POST", "/v1/sync", order);
  expect(started).toEqual({ status: 200, body: { daemons: [master] } });
  expect(await daemon.ask("POST", "/v1/sync", order)).toEqual({
    status: 409,
    body: { error: "can not start the IPVS sync daemon as master on lo: EEXIST" },
  });
  const stopped = await daemon.ask("DELETE", "/v1/sync?state=master");
  expect(stopped).toEqual({ status: 200, body: { daemons: [] } });
  const set = await daemon.ask("PUT", "/v1/timeouts", { udp: 30 });
  expect(set).toEqual({ status: 200, body: { tcp: 900, tcpFin: 120, udp: 30 } });
  expect(await daemon.ask("GET", "/v1/timeouts")).toEqual(set);
  for (const name of ["sync-started", "sync-stopped", "timeouts-set"] as const) {
    expect(daemon.log.all(name).map(({ by }) => typeof by)).toEqual(["string"]);
  }
});

test.for<[method: string, path: string, body: unknown, error: string]>([
  ["POST", "/v1/sync", { state: "slave", interface: "lo" }, "body: state: "],
  ["POST", "/v1/sync", { state: "master" }, "body: interface: "],
  ["POST", "/v1/sync", { state: "master", interface: "a/b" }, "it is no interface's name"],
  ["POST", "/v1/sync", { state: "master", interface: "lo", id: 256 }, "body: id: "],
  ["POST", "/v1/sync", { state: "master", interface: "lo", group: "x" }, "no multicast address"],
  ["POST", "/v1/sync", { state: "master", interface: "lo", idd: 1 }, "body: "],
  ["DELETE", "/v1/sync", undefined, "query: "],
  ["PUT", "/v1/timeouts", { tcp: 0 }, "body: tcp: "],
  ["PUT", "/v1/timeouts", { tcp: "9" }, "body: tcp: "],
  ["GET", "/v1/connections?real=10.0.0.3", undefined, "it is no address with a port"],
  ["GET", "/v1/connections?most=10001", undefined, "query: most: "],
  ["GET", "/v1/connections?most=-1", undefined, "query: most: it is no number"],
])("%s %s %j is refused", async ([method, path, body, error]) => {
  expect(await daemon.ask(method, path, body)).toEqual({
    status: 400,
    body: { error: expect.stringContaining(error) },
  });
});
