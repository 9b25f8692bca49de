import { createHash } from "node:crypto";
import type { Check, CheckSettings, PreparedProbe } from "../../checks/check.ts";
import type { Config } from "../config/config.ts";
import { type Endpoint, formatEndpoint, formatHost } from "../model/address.ts";
import type { RealServer } from "../model/real-server.ts";
import { err, ok, type Result } from "../model/result.ts";
import { portOfService } from "../model/service-ports.ts";
import { type ServiceKey, serviceId, type VirtualService } from "../model/virtual-service.ts";

/** What is sent where, and how often. */
export interface ProbeSpec {
  /** Equal strings: one shared probe. A digest, because what it is made of may hold a password. */
  readonly id: string;
  /** For people: `http 10.0.0.3:80`. */
  readonly name: string;
  /** The real server's address and its check port (0: the check needs none). */
  readonly target: Endpoint;
  readonly intervalMs: number;
  /** What is asked when no connect is due: the negotiate of `checktype=N`, else the only probe. */
  readonly main: PreparedProbe;
  /** `checktype=N`: so many connects after each good negotiate. */
  readonly between?: { readonly prepared: PreparedProbe; readonly turns: number };
}

/** Where the health of a monitor comes from. */
type HealthSource =
  /** `checktype=on`, and `service=none` with nothing to ask. */
  | { readonly kind: "fixed"; readonly phase: "up" }
  /** Nothing can be asked, for `reason`. */
  | { readonly kind: "fixed"; readonly phase: "down"; readonly reason: string }
  /** `checktype=off`: as the table had it at start, for ever. */
  | { readonly kind: "adopted" }
  | { readonly kind: "probe"; readonly probe: ProbeSpec };

/** One real server in one virtual service. */
export interface MonitorSpec {
  /** `monitorId` of the two. */
  readonly id: string;
  readonly serviceId: string;
  readonly virtual: ServiceKey;
  /** As the file writes it. */
  readonly real: Endpoint;
  readonly failureCount: number;
  /** 1-based, of `real=`. */
  readonly line: number;
  readonly source: HealthSource;
}

export interface PlanProblem {
  /** 1-based. */
  readonly line: number;
  readonly text: string;
}

/** The part of the check registry that a plan needs. */
export interface CheckLookup {
  byService(name: string): Check | undefined;
  byCheckType(word: string): Check | undefined;
}

export const monitorId = (service: string, real: Endpoint): string =>
  `${service} ${formatEndpoint(real)}`;

/** @returns a spec for each pair in the file's order, or every problem that the checks have with it */
export function plan(
  config: Pick<Config, "virtuals">,
  checks: CheckLookup,
): Result<readonly MonitorSpec[], readonly PlanProblem[]> {
  const specs = new Map<string, MonitorSpec>();
  const problems = new Map<string, PlanProblem>();

  for (const virtual of config.virtuals) {
    const service = serviceId(virtual.key);
    for (const real of virtual.reals) {
      const id = monitorId(service, real.endpoint);
      if (specs.has(id)) continue;
      const source = sourceOf(virtual, real, checks);
      if (source.ok) {
        const { key, failureCount } = virtual;
        const { endpoint, line } = real;
        specs.set(id, {
          id,
          serviceId: service,
          virtual: key,
          real: endpoint,
          failureCount,
          line,
          source: source.value,
        });
      } else {
        // Ten servers that share one bad pattern are one problem, not ten.
        const isOwn = real.request !== undefined || real.receive !== undefined;
        const line = isOwn ? real.line : virtual.line;
        for (const text of source.error) problems.set(`${line} ${text}`, { line, text });
      }
    }
  }
  return problems.size > 0 ? err([...problems.values()]) : ok([...specs.values()]);
}

/** What loads, but surely is not what was meant: servers that can never come up. */
export function planWarnings(specs: readonly MonitorSpec[]): readonly PlanProblem[] {
  return specs.flatMap(({ source, real, line }) =>
    source.kind === "fixed" && source.phase === "down"
      ? [{ line, text: `real=${formatEndpoint(real)} stays down: ${source.reason}` }]
      : [],
  );
}

type Problems = readonly string[];
interface Asked {
  readonly name: string;
  readonly needsPort: boolean;
  readonly prepared: PreparedProbe;
}

function sourceOf(
  virtual: VirtualService,
  real: RealServer,
  checks: CheckLookup,
): Result<HealthSource, Problems> {
  const { checkType } = virtual;
  const isNone = virtual.service === "none";
  if (checkType === "off") return ok({ kind: "adopted" });
  if (checkType === "on" || (checkType === "negotiate" && isNone)) return ok(alwaysUp);

  const settings = settingsOf(virtual, real);
  // The original asks a udp service by ping, for a connect to a udp port always works.
  const connectWord = settings.protocol === "udp" ? "ping" : "connect";
  const byWord = (word: string) =>
    ask(checks.byCheckType(word), `checktype=${word}`, word, settings);
  const negotiate = () => {
    const { service } = virtual;
    return ask(checks.byService(service), `service=${service}`, service, settings);
  };

  if (typeof checkType === "object") {
    // Without a service there is nothing to negotiate: a negotiate that is always good would bring a dead
    // server back between any two connects.
    if (isNone && checkType.turns === 0) return ok(alwaysUp);
    const connect = byWord(connectWord);
    if ("ok" in connect) return connect;
    if (isNone) return probeOf(virtual, real, connect);
    const main = negotiate();
    if ("ok" in main) return main;
    return probeOf(virtual, real, main, { asked: connect, turns: checkType.turns });
  }
  const main =
    checkType === "negotiate"
      ? negotiate()
      : byWord(checkType === "connect" ? connectWord : checkType);
  return "ok" in main ? main : probeOf(virtual, real, main);
}

const alwaysUp: HealthSource = { kind: "fixed", phase: "up" };

/** @returns what is asked, or what it comes to without asking */
function ask(
  check: Check | undefined,
  directive: string,
  name: string,
  settings: CheckSettings,
): Asked | Result<HealthSource, Problems> {
  if (check === undefined) return err([`${directive} is not yet supported`]);
  const prepared = check.prepare(settings);
  if (!prepared.ok) return prepared;
  const { value } = prepared;
  if ("staysDown" in value) return ok({ kind: "fixed", phase: "down", reason: value.staysDown });
  return { name, needsPort: check.needsPort, prepared: value };
}

function probeOf(
  virtual: VirtualService,
  real: RealServer,
  main: Asked,
  between?: { readonly asked: Asked; readonly turns: number },
): Result<HealthSource, never> {
  const port = checkPort(virtual, real);
  if (port === undefined && (main.needsPort || between?.asked.needsPort === true)) {
    return ok({ kind: "fixed", phase: "down", reason: "no port to check: set checkport=" });
  }
  const target = { address: real.endpoint.address, port: port ?? 0 };
  const intervalMs = virtual.checkIntervalMs;
  const asked = between === undefined ? [main] : [main, between.asked];
  const parts = [
    target.address,
    target.port,
    intervalMs,
    between?.turns,
    ...asked.flatMap(({ name, prepared }) => [name, prepared.timeoutMs, prepared.sameness]),
  ];
  const probe: ProbeSpec = {
    id: createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 22),
    name: `${main.name} ${port === undefined ? formatHost(target.address) : formatEndpoint(target)}`,
    target,
    intervalMs,
    main: main.prepared,
    ...(between && { between: { prepared: between.asked.prepared, turns: between.turns } }),
  };
  return ok({ kind: "probe", probe });
}

/**
 * `checkport`, else the real server's port, else the port that the service implies. The original
 * stops there; we go on to the virtual service's port, which is where its clients are sent.
 */
function checkPort(virtual: VirtualService, real: RealServer): number | undefined {
  if (virtual.checkPort !== undefined) return virtual.checkPort;
  if (real.endpoint.port > 0) return real.endpoint.port;
  const implied = portOfService(virtual.service);
  if (implied !== undefined) return implied;
  const { key } = virtual;
  return key.kind === "address" && key.endpoint.port > 0 ? key.endpoint.port : undefined;
}

function settingsOf(virtual: VirtualService, real: RealServer): CheckSettings {
  const { key, virtualHost, login, passwd, database, secret } = virtual;
  const request = real.request ?? virtual.request;
  const receive = real.receive ?? virtual.receive;
  return {
    service: virtual.service,
    virtual: key,
    real: real.endpoint,
    protocol: key.kind === "address" ? key.protocol : "tcp",
    checkCommand: virtual.checkCommand,
    ...(request !== undefined && { request, isOwnRequest: real.request !== undefined }),
    ...(receive !== undefined && { receive }),
    httpMethod: virtual.httpMethod,
    ...(virtualHost !== undefined && { virtualHost }),
    ...(login !== undefined && { login }),
    ...(passwd !== undefined && { passwd }),
    ...(database !== undefined && { database }),
    ...(secret !== undefined && { secret }),
    checkTimeoutMs: virtual.checkTimeoutMs,
    negotiateTimeoutMs: virtual.negotiateTimeoutMs,
    checkCount: virtual.checkCount,
  };
}
