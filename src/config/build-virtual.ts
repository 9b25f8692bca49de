import type { RealServer } from "../model/real-server.ts";
import { Secret } from "../model/secret.ts";
import { portOfService, serviceOfPort } from "../model/service-ports.ts";
import type {
  CheckType,
  Persistence,
  ServiceKey,
  VirtualService,
} from "../model/virtual-service.ts";
import { buildAlerts } from "./build-alerts.ts";
import { buildFallback } from "./build-fallback.ts";
import { buildReals } from "./build-reals.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { type Draft, diagnose, type VirtualDraft } from "./draft.ts";
import { portProtocol, protocolOf } from "./questions.ts";
import type { Answers } from "./resolve.ts";
import { checkTypeIn, flagIn, numberIn, optional, textIn } from "./settings.ts";
import type { Problem } from "./values.ts";

export interface VirtualOptions {
  /** For the defaults of `login` and `passwd`. */
  readonly hostname: string;
  readonly supportedServices: ReadonlySet<string>;
}

/** The original's times in seconds, where the file says nothing. */
const defaultCheckTimeout = 5;
const defaultNegotiateTimeout = 30;
export const defaultCheckInterval = 10;

/** One virtual service with every default and global merged in; undefined when it has no valid key. */
export function buildVirtual(
  virtual: VirtualDraft,
  draft: Draft,
  answers: Answers,
  options: VirtualOptions,
  diagnostics: Diagnostic[],
): VirtualService | undefined {
  const own = virtual.settings;
  const both = [own, draft.globals] as const;
  const tell = (problem: Problem, name?: string, order?: number) => {
    const statement = (name === undefined ? undefined : own.get(name)?.statement) ?? virtual.head;
    diagnostics.push(diagnose(statement, problem, order));
  };

  const key = buildKey(virtual, answers, tell);
  const reals = buildReals(virtual, answers, diagnostics);
  if (key === undefined) return undefined;
  const virtualPort = key.kind === "address" ? key.endpoint.port : 0;
  const implied = key.kind === "address" ? serviceOfPort(virtualPort) : "none";
  const service = textIn("service", own) ?? implied;
  const checkType = checkTypeIn(own) ?? "negotiate";
  tellOfService(virtual, service, checkType, options.supportedServices, tell);

  const persistence = buildPersistence(virtual, tell);
  if (key.kind === "address" && virtualPort === 0 && persistence === undefined) {
    // A site may have run with it for years, as the rest of the file does.
    const message = "port 0 (all ports) needs persistent=SECONDS: the kernel refuses it without";
    tell({ severity: "warning", message: `${message}; the service is left out` });
    return undefined;
  }
  const isUdp = protocolOf(virtual) === "udp";
  if (flagIn("ops", own) === true && !isUdp) {
    tell({ severity: "warning", message: "has no effect without protocol=udp" }, "ops");
  }
  const checkPort = numberIn("checkport", own);
  tellOfMissingPort(virtual, reals, service, checkType, diagnostics);

  const checkTimeout =
    numberIn("checktimeout", own) ??
    numberIn("negotiatetimeout", own) ??
    numberIn("checktimeout", draft.globals) ??
    numberIn("negotiatetimeout", draft.globals) ??
    defaultCheckTimeout;
  const negotiateTimeout =
    numberIn("negotiatetimeout", own) ??
    numberIn("checktimeout", own) ??
    numberIn("negotiatetimeout", draft.globals) ??
    numberIn("checktimeout", draft.globals) ??
    defaultNegotiateTimeout;

  const passwd = textIn("passwd", own) ?? defaultLogin(virtual, options.hostname).passwd;
  const secret = textIn("secret", own);
  return {
    key,
    reals,
    ...optional("fallback", buildFallback(virtual, draft, virtualPort, answers)),
    ...optional("fallbackCommand", textIn("fallbackcommand", ...both)),
    scheduler: textIn("scheduler", own) ?? "wrr",
    schedulerFlags: numberIn("schedflags", own) ?? 0,
    ...optional("persistence", persistence),
    isOnePacket: isUdp && flagIn("ops", own) === true,
    isQuiescent: flagIn("quiescent", ...both) ?? false,
    isCleanStop: flagIn("cleanstop", ...both) ?? true,
    checkType,
    service,
    ...optional("checkPort", checkPort),
    checkCommand: textIn("checkcommand", own) ?? "/bin/true",
    ...optional("request", textIn("request", own)),
    ...optional("receive", textIn("receive", own)),
    httpMethod: textIn("httpmethod", own) === "HEAD" ? "HEAD" : "GET",
    ...optional("virtualHost", textIn("virtualhost", own)),
    ...optional("login", textIn("login", own) ?? defaultLogin(virtual, options.hostname).login),
    ...optional("passwd", passwd === undefined ? undefined : new Secret(passwd)),
    ...optional("database", textIn("database", own)),
    ...optional("secret", secret === undefined ? undefined : new Secret(secret)),
    checkTimeoutMs: checkTimeout * 1000,
    negotiateTimeoutMs: negotiateTimeout * 1000,
    checkIntervalMs: (numberIn("checkinterval", ...both) ?? defaultCheckInterval) * 1000,
    checkCount: numberIn("checkcount", ...both) ?? 1,
    failureCount: numberIn("failurecount", ...both) ?? 1,
    ...optional("alerts", buildAlerts(own, draft.globals)),
    ...optional("monitorFile", textIn("monitorfile", own)),
    line: virtual.head.line,
  };
}

type Tell = (problem: Problem, name?: string, order?: number) => void;

function buildKey(virtual: VirtualDraft, answers: Answers, tell: Tell): ServiceKey | undefined {
  const { address, family } = virtual;
  if (address === undefined) return undefined;
  if (address.kind === "fwmark") return { kind: "fwmark", family, mark: address.mark };
  const host = answers.host(address.host, family);
  const port = answers.port(address.port, portProtocol(virtual));
  const legacy = "invalid address for virtual service";
  const fail = (message: string) =>
    tell({ severity: "error", legacy, message }, undefined, virtual.endOrder);
  if (!host.ok) fail(`"${address.host}": ${host.error}`);
  if (!port.ok) fail(`port "${address.port}": ${port.error}`);
  if (!host.ok || !port.ok) return undefined;
  const protocol = protocolOf(virtual) === "udp" ? "udp" : "tcp";
  return { kind: "address", protocol, endpoint: { address: host.value, port: port.value } };
}

function buildPersistence(virtual: VirtualDraft, tell: Tell): Persistence | undefined {
  const timeoutSec = numberIn("persistent", virtual.settings);
  const netmask = numberIn("netmask", virtual.settings);
  if (timeoutSec === 0) {
    tell({ severity: "warning", message: "0 is taken as no persistence" }, "persistent");
  }
  if (timeoutSec === undefined || timeoutSec === 0) {
    if (netmask !== undefined) {
      tell({ severity: "warning", message: "has no effect without persistent" }, "netmask");
    }
    return undefined;
  }
  return { timeoutSec, ...optional("netmask", netmask) };
}

/** What an explicit `service=ftp` or `sip` logs in as when the file does not say. */
function defaultLogin(
  virtual: VirtualDraft,
  hostname: string,
): { readonly login?: string; readonly passwd?: string } {
  const service = textIn("service", virtual.settings);
  if (service === "ftp") return { login: "anonymous", passwd: `ldirectord@${hostname}` };
  return service === "sip" ? { login: `ldirectord@${hostname}` } : {};
}

/** The services that can be asked so far; and a service that asks nothing though nobody said so. */
function tellOfService(
  virtual: VirtualDraft,
  service: string,
  checkType: CheckType,
  supported: ReadonlySet<string>,
  tell: Tell,
): void {
  const isAsked = checkType === "negotiate" || typeof checkType === "object";
  const isSaid = virtual.settings.has("service");
  if (isAsked && !supported.has(service)) {
    const why = isSaid ? "" : " (the port implies it)";
    const known = [...supported].sort().join(", ");
    const message = `a check of service "${service}"${why} is not yet supported; supported are ${known}, and every service with checktype=connect`;
    tell({ severity: "error", message }, "service");
  }
  if (checkType === "negotiate" && service === "none" && !isSaid) {
    const message =
      "no service is named and none is implied, so its real servers count as up without being asked; write service= or checktype=connect";
    tell({ severity: "warning", message });
  }
}

function tellOfMissingPort(
  virtual: VirtualDraft,
  reals: readonly RealServer[],
  service: string,
  checkType: CheckType,
  diagnostics: Diagnostic[],
): void {
  const connects =
    checkType === "connect" ||
    typeof checkType === "object" ||
    (checkType === "negotiate" && service !== "none");
  if (!connects || virtual.settings.has("checkport") || portOfService(service) !== undefined)
    return;
  for (const real of reals) {
    if (real.endpoint.port !== 0) continue;
    const statement = virtual.reals.find((each) => each.statement.line === real.line)?.statement;
    if (statement === undefined) continue;
    const message = "has no port to be checked on, so it will be down; write checkport=";
    diagnostics.push(diagnose(statement, { severity: "warning", message }));
    return;
  }
}
