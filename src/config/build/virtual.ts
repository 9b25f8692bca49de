import { Secret } from "../../model/secret.ts";
import { type ServiceWords, unnamedService } from "../../model/service-words.ts";
import {
  type Persistence,
  type ServiceKey,
  serviceName,
  type VirtualService,
} from "../../model/virtual-service.ts";
import type { Findings } from "../diagnostics.ts";
import { tellDoubts } from "../doubts.ts";
import { portProtocol, protocolOf } from "../names/queries.ts";
import type { Answers } from "../names/resolve.ts";
import { nameTrouble } from "../names/trouble.ts";
import type { DirectiveName } from "../text/directives.ts";
import type { Steps } from "../turns.ts";
import { type Draft, diagnose, type VirtualDraft } from "../values/read-settings.ts";
import type { Problem } from "../values/reading.ts";
import { impliedService } from "../values/service.ts";
import { checkTypeIn, flagIn, numberIn, optional, textIn } from "../values/settings.ts";
import { buildAlerts } from "./alerts.ts";
import { buildFallback } from "./fallback.ts";
import type { FileFacts } from "./file-facts.ts";
import { buildReals, isIncomplete } from "./reals.ts";

export interface VirtualOptions {
  /** For the defaults of `login` and `passwd`. */
  readonly hostname: string;
  /** See LoadOptions. */
  readonly services: ServiceWords;
  readonly serviceOf: ReadonlyMap<string, string>;
  readonly files: FileFacts;
}

/** The original's times in seconds, where the file says nothing. */
const defaultCheckTimeout = 5;
const defaultNegotiateTimeout = 30;
export const defaultCheckInterval = 10;

/** One virtual service with every default and global merged in; undefined when it has no valid key. */
export function* buildVirtual(
  virtual: VirtualDraft,
  draft: Draft,
  answers: Answers,
  options: VirtualOptions,
  diagnostics: Findings,
): Steps<VirtualService | undefined> {
  const own = virtual.settings;
  const both = [own, draft.globals] as const;
  const tell = (problem: Problem, name?: DirectiveName, order?: number) => {
    const statement = (name === undefined ? undefined : own.get(name)?.statement) ?? virtual.head;
    diagnostics.push(diagnose(statement, problem, order));
  };

  const key = buildKey(virtual, answers, tell);
  const reals = yield* buildReals(virtual, answers, diagnostics);
  if (key === undefined) return undefined;
  const virtualPort = key.kind === "address" ? key.endpoint.port : 0;
  const named = options.serviceOf.get(serviceName(key)) ?? textIn("service", own);
  const service = named ?? impliedService(virtualPort, options.services);
  const checkType = checkTypeIn(own) ?? "negotiate";
  if (checkType === "negotiate" && service === undefined && !virtual.isDoubtful) {
    const message =
      "no service is named and none is implied, so its real servers count as up without being asked; write service= or checktype=connect";
    tell({ severity: "warning", message });
  }

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

  const login = options.services.get(named ?? "")?.defaults?.(options.hostname);
  const passwd = textIn("passwd", own) ?? login?.passwd;
  const secret = textIn("secret", own);
  const built: VirtualService = {
    key,
    reals,
    ...(isIncomplete(virtual, answers) && { isIncomplete: true }),
    ...optional("fallback", buildFallback(virtual, draft, virtualPort, answers)),
    ...optional("fallbackCommand", textIn("fallbackcommand", ...both)),
    scheduler: textIn("scheduler", own) ?? "wrr",
    schedulerFlags: numberIn("schedflags", own) ?? 0,
    ...optional("persistence", persistence),
    isOnePacket: isUdp && flagIn("ops", own) === true,
    isQuiescent: flagIn("quiescent", ...both) ?? false,
    isCleanStop: flagIn("cleanstop", ...both) ?? true,
    checkType,
    service: service ?? unnamedService,
    ...optional("checkPort", checkPort),
    checkCommand: textIn("checkcommand", own) ?? "/bin/true",
    ...optional("request", textIn("request", own)),
    ...optional("receive", textIn("receive", own)),
    httpMethod: textIn("httpmethod", own) === "HEAD" ? "HEAD" : "GET",
    ...optional("virtualHost", textIn("virtualhost", own)),
    ...optional("login", textIn("login", own) ?? login?.login),
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
    places: new Map(
      [...own].map(([name, { statement }]) => [
        name,
        { line: statement.line, column: statement.valueColumn },
      ]),
    ),
  };
  tellDoubts(built, virtual, options, diagnostics);
  return built;
}

type Tell = (problem: Problem, name?: DirectiveName, order?: number) => void;

function buildKey(virtual: VirtualDraft, answers: Answers, tell: Tell): ServiceKey | undefined {
  const { address, family } = virtual;
  if (address === undefined) return undefined;
  if (address.kind === "fwmark") return { kind: "fwmark", family, mark: address.mark };
  const host = answers.host(address.host, family);
  const port = answers.port(address.port, portProtocol(virtual));
  const legacy = "invalid address for virtual service";
  const fail = (message: string) =>
    tell({ severity: "error", legacy, message }, undefined, virtual.endOrder);
  const trouble = nameTrouble(address.host, family, answers, "the service is left out", legacy);
  if (trouble !== undefined) tell(trouble, undefined, virtual.endOrder);
  else if (!host.ok) fail(`"${address.host}": ${host.error}`);
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
