/**
 * What tests make by hand, in the words of docs/glossary.md. A text is an address as the file writes it: `10.0.0.1:80`,
 * `[fd00::1]:80`. What is not told is as the file's defaults make it: unit/config/meaning.test.ts holds them to that.
 */
import type { Config } from "../../src/config/config.ts";
import { type MonitorSpec, monitorId, type ProbeSpec } from "../../src/health/plan.ts";
import type { TableDest, TableService } from "../../src/ipvs/ipvs.ts";
import type { Endpoint, Family } from "../../src/model/address.ts";
import type { FallbackServer, RealServer } from "../../src/model/real-server.ts";
import {
  type Protocol,
  type ServiceKey,
  serviceFamily,
  serviceId,
  type VirtualService,
} from "../../src/model/virtual-service.ts";

export function endpoint(text: string): Endpoint {
  const colon = text.lastIndexOf(":");
  const address = text.slice(0, colon).replace(/^\[|\]$/g, "");
  return { address, port: Number(text.slice(colon + 1)) };
}

const keyOf =
  (protocol: Protocol) =>
  (text: string): ServiceKey => ({ kind: "address", protocol, endpoint: endpoint(text) });
export const tcp = keyOf("tcp");
export const udp = keyOf("udp");
export const mark = (number: number, family: Family = 4): ServiceKey => ({
  kind: "fwmark",
  family,
  mark: number,
});

export const realServer = (text: string, more: Partial<RealServer> = {}): RealServer => ({
  endpoint: endpoint(text),
  forwarding: "gate",
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  line: 2,
  ...more,
});

export const fallback = (
  text: string,
  forwarding: FallbackServer["forwarding"] = "gate",
): FallbackServer => ({ endpoint: endpoint(text), forwarding });

export const virtualService = (
  key: ServiceKey,
  reals: readonly RealServer[],
  more: Partial<VirtualService> = {},
): VirtualService => ({
  key,
  reals,
  scheduler: "wrr",
  schedulerFlags: 0,
  isOnePacket: false,
  isQuiescent: false,
  isCleanStop: true,
  checkType: "negotiate",
  service: "http",
  checkCommand: "/bin/true",
  httpMethod: "GET",
  checkTimeoutMs: 5_000,
  negotiateTimeoutMs: 30_000,
  checkIntervalMs: 10_000,
  checkCount: 1,
  failureCount: 1,
  line: 1,
  ...more,
});

/** Its log goes to syslog, so that it is nobody's file. */
export const config = (
  virtuals: readonly VirtualService[],
  more: Partial<Config> = {},
): Config => ({
  path: "/etc/ha.d/ldirectord.cf",
  virtuals,
  isAutoreload: false,
  isReaddQuiescent: false,
  isSupervised: false,
  checkIntervalMs: 10_000,
  execute: [],
  log: { kind: "syslog", facility: "daemon" },
  ...more,
});

interface MonitorPlace {
  readonly virtual?: string;
  readonly real?: string;
  readonly failureCount?: number;
}

/** A monitor of a real server of a TCP service, as the plan has it. */
export function monitorSpec(
  source: MonitorSpec["source"] | ProbeSpec,
  { virtual = "10.0.0.1:80", real = "10.0.0.3:80", failureCount = 1 }: MonitorPlace = {},
): MonitorSpec {
  const key = tcp(virtual);
  const service = serviceId(key);
  return {
    id: monitorId(service, endpoint(real)),
    serviceId: service,
    virtual: key,
    real: endpoint(real),
    failureCount,
    line: 1,
    source: "kind" in source ? source : { kind: "probe", probe: source },
  };
}

/** The kernel's row of a service, */
export const serviceRow = (key: ServiceKey, more: Partial<TableService> = {}): TableService => ({
  key,
  scheduler: "wrr",
  schedulerFlags: 0,
  netmask: serviceFamily(key) === 6 ? 128 : 0xffffffff,
  isOnePacket: false,
  ...more,
});

/** and of a server in it. */
export const serverRow = (text: string, more: Partial<TableDest> = {}): TableDest => ({
  endpoint: endpoint(text),
  forwarding: "gate",
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  ...more,
});
