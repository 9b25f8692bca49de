import { type Endpoint, type Family, formatEndpoint } from "./address.ts";
import type { Alerts } from "./alerts.ts";
import type { Place } from "./place.ts";
import type { FallbackServer, RealServer } from "./real-server.ts";
import type { Secret } from "./secret.ts";

export type Protocol = "tcp" | "udp";

/** What names a virtual service to the kernel. */
export type ServiceKey =
  | { readonly kind: "address"; readonly protocol: Protocol; readonly endpoint: Endpoint }
  | { readonly kind: "fwmark"; readonly family: Family; readonly mark: number };

/** `tcp`, `udp`, and for a mark `fwm` or `fwm6`. */
export function serviceProtocol(key: ServiceKey): "tcp" | "udp" | "fwm" | "fwm6" {
  if (key.kind === "address") return key.protocol;
  return key.family === 6 ? "fwm6" : "fwm";
}

/** `tcp:10.0.0.1:80`, `udp:…`, `fwm:5`, `fwm6:5`: unique, and what the original's log calls it ("VID"). */
export const serviceId = (key: ServiceKey): string => `${serviceProtocol(key)}:${serviceName(key)}`;

/** `10.0.0.1:80`, or the bare mark: the "V" of the original's log lines. */
export const serviceName = (key: ServiceKey): string =>
  key.kind === "address" ? formatEndpoint(key.endpoint) : String(key.mark);

export const serviceFamily = (key: ServiceKey): Family => {
  if (key.kind === "fwmark") return key.family;
  return key.endpoint.address.includes(":") ? 6 : 4;
};

/** linux/ip_vs.h IP_VS_SVC_F_SCHED1..3: what sh-fallback, sh-port, mh-fallback and mh-port set. */
export const schedulerFlags: ReadonlyMap<string, number> = new Map([
  ["flag-1", 0x08],
  ["flag-2", 0x10],
  ["flag-3", 0x20],
  ["sh-fallback", 0x08],
  ["sh-port", 0x10],
  ["mh-fallback", 0x08],
  ["mh-port", 0x10],
]);

export interface Persistence {
  readonly timeoutSec: number;
  /** IPv4: the mask as an unsigned 32-bit number (0xffffff00); IPv6: a prefix length 1..128. Default: one client. */
  readonly netmask?: number;
}

/** `{ turns: N }` is `checktype=N`: one negotiate, then N connects, and round again. */
export type CheckType =
  | "connect"
  | "negotiate"
  | "ping"
  | "on"
  | "off"
  | "external"
  | "external-perl"
  | { readonly turns: number };

/** One `virtual=` block with every default and global already filled in. Times in milliseconds. */
export interface VirtualService {
  readonly key: ServiceKey;
  readonly reals: readonly RealServer[];
  /** Real servers are left out, for their names can not be looked up now. */
  readonly isIncomplete?: boolean;
  readonly fallback?: FallbackServer;
  readonly fallbackCommand?: string;

  readonly scheduler: string;
  /** OR of `schedulerFlags`. */
  readonly schedulerFlags: number;
  readonly persistence?: Persistence;
  readonly isOnePacket: boolean;

  readonly isQuiescent: boolean;
  readonly isCleanStop: boolean;

  readonly checkType: CheckType;
  /** `http`, `imaps`, …, `none`. */
  readonly service: string;
  readonly checkPort?: number;
  readonly checkCommand: string;
  /** As written; a leading slash is the check's own business. */
  readonly request?: string;
  readonly receive?: string;
  readonly httpMethod: "GET" | "HEAD";
  readonly virtualHost?: string;
  readonly login?: string;
  readonly passwd?: Secret;
  readonly database?: string;
  readonly secret?: Secret;
  readonly checkTimeoutMs: number;
  readonly negotiateTimeoutMs: number;
  readonly checkIntervalMs: number;
  /** Attempts per ping. */
  readonly checkCount: number;
  /** Consecutive failures before down; 1 or more. */
  readonly failureCount: number;

  readonly alerts?: Alerts;
  /** Gets a line for each result of each check. */
  readonly monitorFile?: string;

  /** 1-based line of `virtual=`. */
  readonly line: number;
  /** Where its own directives stand, by name. */
  readonly places?: ReadonlyMap<string, Place>;
}

/** What `fallbackcommand` is told: that no real server is up, or that one is again. */
export type FallbackState = "start" | "stop";
