/**
 * The contract of a check: one protocol, one file in this folder, one default export.
 * How to write one: docs/adding-a-check.md.
 */

import type { Endpoint } from "../src/model/address.ts";
import type { Result } from "../src/model/result.ts";
import type { ServiceWord } from "../src/model/service-words.ts";
import type { ServiceKey, VirtualService } from "../src/model/virtual-service.ts";
import type { RunSignal } from "./lib/run-signal.ts";

/** Why a real server is down. A metrics label, so a closed set. */
export type DownReason =
  | "refused"
  | "unreachable"
  | "timeout"
  | "closed"
  | "tls"
  | "protocol"
  | "auth"
  | "status"
  | "mismatch"
  | "internal";

/** What one probe of one real server said. `detail` is one line, without secrets. */
export type Verdict = UpVerdict | DownVerdict;

interface Words {
  readonly detail: string;
  /** The original's words for `monitorfile`, where it has any: a status line, or a page. Not kept. */
  readonly monitored?: string;
}
export interface UpVerdict extends Words {
  readonly up: true;
}
export interface DownVerdict extends Words {
  readonly up: false;
  readonly reason: DownReason;
}

export const up = (detail: string): Verdict => ({ up: true, detail });
export const down = (reason: DownReason, detail: string): Verdict => ({
  up: false,
  reason,
  detail,
});

/**
 * Asks one real server once. Rejects soon after `signal` aborts and leaves nothing open; sets no timer
 * of its own. It also rejects, with the system's error, when the trouble is ours (see lib/fault.ts):
 * that is no verdict on the server.
 * @param target where to connect: the real server's address and its check port
 */
export type Probe = (target: Endpoint, signal: RunSignal) => Promise<Verdict>;

/** The settings of a virtual service that a check may read. */
type VirtualSettings = Pick<
  VirtualService,
  | "service"
  | "checkCommand"
  | "request"
  | "receive"
  | "httpMethod"
  | "virtualHost"
  | "login"
  | "passwd"
  | "database"
  | "secret"
  | "checkTimeoutMs"
  | "negotiateTimeoutMs"
  | "checkCount"
>;

/** What the file says about one real server of one virtual service. Each check reads what it knows. */
export interface CheckSettings extends VirtualSettings {
  readonly virtual: ServiceKey;
  /** As written in the file; where to connect is the probe's `target`. */
  readonly real: Endpoint;
  readonly protocol: "tcp" | "udp";
  /** `request` is the real server's own: http then takes a whole URL, which leads to the host it names. */
  readonly isOwnRequest?: boolean;
  /** By `demand-tls`: the password goes out over TLS with a verified chain, or not at all. */
  readonly demandsTls?: boolean;
}

export interface PreparedProbe {
  readonly probe: Probe;
  /** The whole probe's time; the runner aborts it then. */
  readonly timeoutMs: number;
  /**
   * Everything the probe sends or expects beside its target, as one string: virtual services whose
   * probes agree in this, the check's name, target and timeout share one probe. Never logged.
   */
  readonly probeKey: string;
  /** The original's words for `monitorfile` where a verdict brings none, such as the runner's `timeout`. */
  readonly monitorWords?: (verdict: DownVerdict, target: Endpoint) => string | undefined;
}

/** Settings that the original takes although no server can ever be up with them: so do we, and warn. */
export interface StaysDown {
  readonly staysDown: string;
}

/** There is nothing to ask: the server counts as up, for the reason given. */
export interface StaysUp {
  readonly staysUp: string;
}

export interface Check {
  /** The `service=` words this file answers for. Empty for a checktype. */
  readonly services: readonly ServiceWord[];
  /** The `checktype=` word this file answers for, if any. */
  readonly checkType?: "connect" | "ping" | "external" | "external-perl";
  /** False when a probe needs no port (ping, external): then a target of port 0 is no error. */
  readonly needsPort: boolean;
  /** It starts programs, or has something that a process should have once: no other thread may ask by it. */
  readonly isOfMainThread?: true;
  /**
   * Pure: reads the settings it knows; returns a probe, or all that is wrong with them: then the file is
   * refused. What the original loads must load: at worst its servers stay down.
   */
  prepare(settings: CheckSettings): Result<PreparedProbe | StaysDown | StaysUp, readonly string[]>;
}
