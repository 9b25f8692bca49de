/** What IPVS itself says, and what it can be told beside the table. */
import * as v from "valibot";
import { NetlinkError } from "../../errors.ts";
import { maxTimeoutSec } from "../../ipvs/ipvs.ts";
import type { Endpoint } from "../../model/address.ts";
import { realOf } from "../../orders/target.ts";
import { Refusal, route, value } from "../route.ts";
import { named, servicesInPieces } from "../services-in-pieces.ts";

/** More are counted, and not told. */
const maxConnections = 10_000;

const whole = (min: number, max: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
const state = v.picklist(["master", "backup"]);
const seconds = v.exactOptional(whole(1, maxTimeoutSec));

const endpoint = v.exactOptional(
  v.pipe(
    v.string(),
    v.description("10.0.0.1:80, [fd00::1]:80; port 0 is every one"),
    v.transform(endpointIn),
    v.custom<Endpoint>((it) => it !== undefined, "it is no address with a port"),
  ),
);

export const kernelRoutes = [
  route({
    method: "GET",
    path: "/v1/table",
    summary: "the IPVS table as the kernel has it now, rows of others too",
    answer:
      "services: each with id, name, service (key, scheduler, schedulerFlags, persistenceSec, netmask, isOnePacket) and dests (endpoint, forwarding, weight, upperThreshold, lowerThreshold), in the kernel's order",
    run: async ({ kernel }) => {
      const rows = await asked(() => kernel.list());
      const pieces = servicesInPieces(
        "dests",
        rows.map(({ service, dests }) => [{ ...named(service.key), service }, dests]),
      );
      return { kind: "pieces", type: "application/json", pieces };
    },
  }),
  route({
    method: "GET",
    path: "/v1/counters",
    summary: "what the kernel has counted of each row, and its rates",
    answer:
      "services: each with id, name, traffic and servers; each of these with row (as the table writes it), activeConns, inactiveConns, persistentConns and traffic. traffic: conns, packetsIn, packetsOut, bytesIn, bytesOut, since the row was added, and the same a second: connsPerSec and so on",
    run: async ({ serialCounters }) => ({
      kind: "pieces",
      type: "application/json",
      pieces: await asked(serialCounters),
    }),
  }),
  route({
    method: "GET",
    path: "/v1/connections",
    summary: "the connections that the kernel knows",
    query: v.strictObject({
      virtual: endpoint,
      protocol: v.exactOptional(v.picklist(["tcp", "udp"])),
      real: endpoint,
      most: v.exactOptional(
        v.pipe(
          v.string(),
          v.regex(/^\d{1,5}$/, "it is no number"),
          v.transform(Number),
          v.maxValue(maxConnections),
          v.description(`so many are told, the others counted; ${maxConnections} at most`),
        ),
      ),
    }),
    answer:
      "found: each with protocol, client, virtual, real, state, expiresSec, engine, engineData; count: of all that fit; read: how many were; isWhole: whether that was all that there are",
    run: async ({ kernel }, { query: { most = maxConnections, ...filter } }) =>
      value(await asked(() => kernel.connections(filter, most))),
  }),
  route({
    method: "GET",
    path: "/v1/sync",
    summary: "the kernel's sync daemons that run",
    answer: "daemons: each with state, interface, id, maxBytes, group, port, ttl",
    run: async ({ kernel }) => value({ daemons: await asked(() => kernel.syncDaemons()) }),
  }),
  route({
    method: "POST",
    path: "/v1/sync",
    summary: "starts a sync daemon",
    body: v.strictObject({
      state,
      interface: v.pipe(v.string(), v.regex(/^[^\s/]{1,15}$/, "it is no interface's name")),
      id: v.optional(whole(0, 255), 0),
      maxBytes: v.exactOptional(whole(1024, 65_487)),
      group: v.exactOptional(
        v.union(
          [v.pipe(v.string(), v.ipv4()), v.pipe(v.string(), v.ipv6())],
          "it is no multicast address",
        ),
      ),
      port: v.exactOptional(whole(1, 65_535)),
      ttl: v.exactOptional(whole(1, 255)),
    }),
    answer: "daemons: those that run now",
    run: async ({ kernel }, { body, asker }) => {
      await asked(() => kernel.startSync(body, asker.name));
      return value({ daemons: await asked(() => kernel.syncDaemons()) });
    },
  }),
  route({
    method: "DELETE",
    path: "/v1/sync",
    summary: "stops a sync daemon",
    query: v.strictObject({ state }),
    answer: "daemons: those that run now",
    run: async ({ kernel }, { query, asker }) => {
      await asked(() => kernel.stopSync(query.state, asker.name));
      return value({ daemons: await asked(() => kernel.syncDaemons()) });
    },
  }),
  route({
    method: "GET",
    path: "/v1/timeouts",
    summary: "after how many seconds the kernel forgets a quiet connection",
    answer: "tcp, tcpFin, udp",
    run: async ({ kernel }) => value(await asked(() => kernel.timeouts())),
  }),
  route({
    method: "PUT",
    path: "/v1/timeouts",
    summary: "sets those of the timeouts that are named",
    body: v.strictObject({ tcp: seconds, tcpFin: seconds, udp: seconds }),
    answer: "tcp, tcpFin, udp: all, as they are now",
    run: async ({ kernel }, { body, asker }) => {
      await asked(() => kernel.setTimeouts(body, asker.name));
      return value(await asked(() => kernel.timeouts()));
    },
  }),
];

/** What the kernel refuses is for whoever asked. */
async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NetlinkError) throw new Refusal(409, `can not ${error.message}`);
    throw error;
  }
}

function endpointIn(text: string): Endpoint | undefined {
  const { address, port } = realOf(text) ?? {};
  return address === undefined || port === undefined ? undefined : { address, port };
}
