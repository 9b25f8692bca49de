import type { Check, CheckSettings, PreparedProbe } from "../../checks/check.ts";
import type { Config } from "../config/config.ts";
import { type Endpoint, formatEndpoint, formatHost } from "../model/address.ts";
import { inOnePiece } from "../model/one-piece.ts";
import type { RealServer } from "../model/real-server.ts";
import { err, ok, type Result } from "../model/result.ts";
import type { ServiceWords } from "../model/service-words.ts";
import { type ServiceKey, serviceId, type VirtualService } from "../model/virtual-service.ts";
import { ProbeIds } from "./probe-ids.ts";
import type { ProbeSource } from "./probe-source.ts";

/** What is sent where, and how often. */
export interface ProbeSpec {
  /** Equal strings: one shared probe. See ProbeIds. */
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
  /** Without it, the main thread alone asks. */
  readonly source?: ProbeSource;
}

/** Where the health of a monitor comes from. */
type HealthSource =
  /** `checktype=on`, and a service of which there is nothing to ask. */
  | { readonly kind: "fixed"; readonly state: "up" }
  /** Nothing can be asked, for `reason`; `because` is the directive that is at fault, if one is. */
  | {
      readonly kind: "fixed";
      readonly state: "down";
      readonly reason: string;
      readonly because?: PlanProblem;
    }
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
  /** 1-based; absent when it is the whole line. */
  readonly column?: number;
  /** The one at fault, when it is one. */
  readonly directive?: string;
  readonly text: string;
}

/** The part of the check registry that a plan needs. */
export interface CheckLookup {
  byService(name: string): Check | undefined;
  byCheckType(word: string): Check | undefined;
  services(): ServiceWords;
  /** Services that TLS is demanded of. */
  readonly demandTls?: readonly string[];
}

export const monitorId = (service: string, real: Endpoint): string =>
  inOnePiece(service, " ", formatEndpoint(real));

/** @returns a spec for each pair in the file's order, or every problem that the checks have with it */
export function plan(
  config: Pick<Config, "virtuals">,
  checks: CheckLookup,
  ids = new ProbeIds(),
): Result<readonly MonitorSpec[], readonly PlanProblem[]> {
  const specs = new Map<string, MonitorSpec>();
  const problems = new Map<string, PlanProblem>();

  for (const virtual of config.virtuals) {
    const service = serviceId(virtual.key);
    const around = { checks, ids, shared: sharedSettings(virtual) };
    for (const real of virtual.reals) {
      const id = monitorId(service, real.endpoint);
      if (specs.has(id)) continue;
      const source = sourceOf(virtual, real, around);
      if (source.ok) {
        specs.set(id, {
          id,
          serviceId: service,
          virtual: virtual.key,
          real: real.endpoint,
          failureCount: virtual.failureCount,
          line: real.line,
          source: source.value,
        });
      } else {
        // Ten servers that share one bad pattern are one problem, not ten.
        for (const text of source.error) {
          const problem = problemAt(virtual, real, text);
          problems.set(JSON.stringify(problem), problem);
        }
      }
    }
  }
  return problems.size > 0 ? err([...problems.values()]) : ok([...specs.values()]);
}

/** What loads, but surely is not what was meant: servers that can never come up. */
export function planWarnings(specs: readonly MonitorSpec[]): readonly PlanProblem[] {
  const warnings = new Map<string, PlanProblem>();
  for (const { source, real, line } of specs) {
    if (source.kind !== "fixed" || source.state !== "down") continue;
    const warning = source.because ?? {
      line,
      text: `real=${formatEndpoint(real)} stays down: ${source.reason}`,
    };
    warnings.set(JSON.stringify(warning), warning);
  }
  return [...warnings.values()];
}

/** A check names the directive first: `receive: …`. It is the real server's own, or its service's. */
function problemAt(virtual: VirtualService, real: RealServer, said: string): PlanProblem {
  const [, directive = "", text = ""] = /^([a-z]+): (.*)$/s.exec(said) ?? [];
  const place = real.places?.get(directive) ?? virtual.places?.get(directive);
  if (place !== undefined) return { ...place, directive, text };
  const isOwn = real.request !== undefined || real.receive !== undefined;
  return { line: isOwn ? real.line : virtual.line, text: said };
}

type Problems = readonly string[];
interface Asked {
  readonly name: string;
  readonly check: Check;
  readonly prepared: PreparedProbe;
}

/** What all the real servers of a virtual service have in common. */
interface Around {
  readonly checks: CheckLookup;
  readonly ids: ProbeIds;
  readonly shared: Omit<CheckSettings, "real">;
}

function sourceOf(
  virtual: VirtualService,
  real: RealServer,
  around: Around,
): Result<HealthSource, Problems> {
  const { checkType } = virtual;
  if (checkType === "off") return ok({ kind: "adopted" });
  if (checkType === "on") return ok(alwaysUp);
  const found = askedSource(virtual, real, around);
  if (!found.ok || !("reason" in found.value)) return found;
  const because = problemAt(virtual, real, found.value.reason);
  if (because.directive === undefined) return found;
  const text = `${because.text}; a server that is checked by it stays down`;
  return ok({ ...found.value, because: { ...because, text } });
}

/** Where a check is asked for it. */
function askedSource(
  virtual: VirtualService,
  real: RealServer,
  around: Around,
): Result<HealthSource, Problems> {
  const { checks } = around;
  const { checkType } = virtual;
  const settings = settingsOf(around.shared, real);
  // The original asks a udp service by ping, for a connect to a udp port always works.
  const connectWord = settings.protocol === "udp" ? "ping" : "connect";
  const byWord = (word: string) =>
    ask(checks.byCheckType(word), `checktype=${word}`, word, settings);
  const negotiate = () => {
    const { service } = virtual;
    return ask(checks.byService(service), `service=${service}`, service, settings);
  };

  if (typeof checkType === "object") {
    const { turns } = checkType;
    const main = negotiate();
    const hasNothingToAsk = "ok" in main && main.ok && main.value === alwaysUp;
    if ("ok" in main && !(hasNothingToAsk && turns > 0)) return main;
    const connect = byWord(connectWord);
    if ("ok" in connect) return connect;
    // A negotiate that is always good would bring a dead server back between any two connects.
    if ("ok" in main) return probeOf(virtual, real, connect, around);
    return probeOf(virtual, real, main, around, { asked: connect, turns });
  }
  const main =
    checkType === "negotiate"
      ? negotiate()
      : byWord(checkType === "connect" ? connectWord : checkType);
  return "ok" in main ? main : probeOf(virtual, real, main, around);
}

const alwaysUp: HealthSource = { kind: "fixed", state: "up" };

/** @returns what is asked, or what it comes to without asking */
function ask(
  check: Check | undefined,
  directive: string,
  name: string,
  settings: CheckSettings,
): Asked | Result<HealthSource, Problems> {
  if (check === undefined) throw new Error(`no check answers for ${directive}`);
  const prepared = check.prepare(settings);
  if (!prepared.ok) return prepared;
  const { value } = prepared;
  if ("staysUp" in value) return ok(alwaysUp);
  if ("staysDown" in value) return ok({ kind: "fixed", state: "down", reason: value.staysDown });
  return { name, check, prepared: value };
}

function probeOf(
  virtual: VirtualService,
  real: RealServer,
  main: Asked,
  { checks, ids }: Around,
  between?: { readonly asked: Asked; readonly turns: number },
): Result<HealthSource, never> {
  const port = checkPort(virtual, real, checks.services());
  if (port === undefined && (main.check.needsPort || between?.asked.check.needsPort === true)) {
    return ok({ kind: "fixed", state: "down", reason: "no port to check: set checkport=" });
  }
  const { endpoint } = real;
  const target = endpoint.port === port ? endpoint : { address: endpoint.address, port: port ?? 0 };
  const intervalMs = virtual.checkIntervalMs;
  const asked = between === undefined ? [main] : [main, between.asked];
  const parts = [
    intervalMs,
    between?.turns,
    ...asked.flatMap(({ name, prepared }) => [name, prepared.timeoutMs, prepared.probeKey]),
  ];
  const probe: ProbeSpec = {
    id: ids.of(target, parts),
    name: inOnePiece(
      main.name,
      " ",
      port === undefined ? formatHost(target.address) : formatEndpoint(target),
    ),
    target,
    intervalMs,
    main: main.prepared,
    ...(between && { between: { prepared: between.asked.prepared, turns: between.turns } }),
    ...(asked.every(({ check }) => check.isOfMainThread !== true) && {
      source: { virtual, real, demandTls: checks.demandTls ?? [] },
    }),
  };
  return ok({ kind: "probe", probe });
}

/**
 * `checkport`, else the real server's port, else the port that the service implies. The original
 * stops there; we go on to the virtual service's port, which is where its clients are sent.
 */
function checkPort(
  virtual: VirtualService,
  real: RealServer,
  services: ServiceWords,
): number | undefined {
  if (virtual.checkPort !== undefined) return virtual.checkPort;
  if (real.endpoint.port > 0) return real.endpoint.port;
  const implied = services.get(virtual.service)?.port;
  if (implied !== undefined) return implied;
  const { key } = virtual;
  return key.kind === "address" && key.endpoint.port > 0 ? key.endpoint.port : undefined;
}

function sharedSettings(virtual: VirtualService): Around["shared"] {
  const { key } = virtual;
  return {
    ...virtual,
    virtual: key,
    protocol: key.kind === "address" ? key.protocol : "tcp",
    ...(virtual.request !== undefined && { isOwnRequest: false }),
  };
}

function settingsOf(shared: Around["shared"], real: RealServer): CheckSettings {
  const settings = { ...shared, real: real.endpoint };
  const { request, receive } = real;
  if (request === undefined && receive === undefined) return settings;
  return {
    ...settings,
    ...(request !== undefined && { request, isOwnRequest: true }),
    ...(receive !== undefined && { receive }),
  };
}
