import type { Config } from "../../src/config/config.ts";
import type { Health } from "../../src/health/state.ts";
import type { HealthView } from "../../src/health/view.ts";
import type { TableRow } from "../../src/ipvs/ipvs.ts";
import { type Endpoint, formatEndpoint } from "../../src/model/address.ts";
import type { FallbackServer, RealServer } from "../../src/model/real-server.ts";
import {
  type ServiceKey,
  serviceId,
  type VirtualService,
} from "../../src/model/virtual-service.ts";

/** `10.0.0.1:80`, `[fd00::1]:80` */
export function endpoint(text: string): Endpoint {
  const colon = text.lastIndexOf(":");
  const address = text.slice(0, colon).replace(/^\[|\]$/g, "");
  return { address, port: Number(text.slice(colon + 1)) };
}

export const tcp = (text: string): ServiceKey => ({
  kind: "address",
  protocol: "tcp",
  endpoint: endpoint(text),
});
export const mark = (number: number): ServiceKey => ({ kind: "fwmark", family: 4, mark: number });

export const real = (text: string, more: Partial<RealServer> = {}): RealServer => ({
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

export const virtual = (
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

const pairId = (id: string, server: Endpoint): string => `${id} ${formatEndpoint(server)}`;

/** Health as a test sets it: `unknown` until then. */
export class SetHealth implements HealthView {
  readonly #phases = new Map<string, Health["phase"]>();
  readonly #held = new Set<string>();

  set(key: ServiceKey, server: string, phase: Health["phase"]): void {
    this.#phases.set(pairId(serviceId(key), endpoint(server)), phase);
  }

  hold(key: ServiceKey, server: string, isHeld = true): void {
    const id = pairId(serviceId(key), endpoint(server));
    if (isHeld) this.#held.add(id);
    else this.#held.delete(id);
  }

  health(id: string, server: Endpoint): Health {
    const phase = this.#phases.get(pairId(id, server)) ?? "unknown";
    if (phase === "up") return { phase, failures: 0 };
    return phase === "down" ? { phase, since: 0 } : { phase };
  }

  maintenance(id: string, server: Endpoint): string | undefined {
    return this.#held.has(pairId(id, server)) ? "10.0.0.3" : undefined;
  }
}

/** A table as lines, sorted: `tcp:10.0.0.1:80 wrr`, `tcp:10.0.0.1:80 -> 10.0.0.3:80 gate 1`. */
export const lines = (rows: readonly TableRow[]): string[] =>
  rows
    .flatMap(({ service, dests }) => {
      const id = serviceId(service.key);
      const persistence = service.persistenceSec === undefined ? "" : ` p${service.persistenceSec}`;
      return [
        `${id} ${service.scheduler}${persistence}`,
        ...dests.map((dest) => {
          const { forwarding, weight, upperThreshold: upper, lowerThreshold: lower } = dest;
          const thresholds = upper + lower === 0 ? "" : ` ${lower}..${upper}`;
          return `${id} -> ${formatEndpoint(dest.endpoint)} ${forwarding} ${weight}${thresholds}`;
        }),
      ];
    })
    .sort();
