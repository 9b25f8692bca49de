import { expect, test } from "vitest";
import { connectionQuery } from "../../../../src/ctl/kernel/connection-query.ts";
import { type ServiceKey, serviceId, serviceName } from "../../../../src/model/virtual-service.ts";
import type { ServiceState } from "../../../../src/status/snapshot.ts";
import { endpoint, mark, tcp, udp } from "../../../support/builders.ts";

const service = (key: ServiceKey, ...servers: readonly (readonly [string, string])[]) =>
  ({
    id: serviceId(key),
    name: serviceName(key),
    key,
    servers: servers.map(([server, row]) => ({ server, row, endpoint: endpoint(server) })),
  }) as unknown as ServiceState;

const services = [
  service(tcp("10.0.0.1:80"), ["10.0.0.3:80", "10.0.0.3:80"]),
  service(tcp("10.0.0.1:53"), ["10.0.0.4:53", "10.0.0.4:53"]),
  service(udp("10.0.0.1:53"), ["10.0.0.4:53", "10.0.0.4:53"]),
  service(mark(5), ["[fd00::3]:80", "[fd00::3]:0"]),
];

test.for<[word: string, query: Readonly<Record<string, string>>]>([
  ["10.0.0.1:80", { virtual: "10.0.0.1:80", protocol: "tcp" }],
  ["10.0.0.1:53", { virtual: "10.0.0.1:53" }],
  ["udp:10.0.0.1:53", { virtual: "10.0.0.1:53", protocol: "udp" }],
  ["10.0.0.3:80", { real: "10.0.0.3:80" }],
  ["[fd00::3]:80", { real: "[fd00::3]:0" }],
  ["10.0.0.4", { real: "10.0.0.4:0" }],
  ["fd00::3", { real: "[fd00::3]:0" }],
])("%s asks for %j", ([word, query]) => {
  expect(connectionQuery(services, word)).toEqual({ ok: true, value: query });
});

test.for([
  ["5", "the kernel does not tell which connections have mark 5: name a real server"],
  ["10.0.0.9", "no virtual service and no real server is called 10.0.0.9"],
])("%s can not be asked for: %s", ([word, error]) => {
  expect(connectionQuery(services, word ?? "")).toEqual({ ok: false, error });
});
