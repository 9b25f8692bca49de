import { facilityNames, facilityNumber, type LogTarget } from "../../model/log-target.ts";
import { serviceId, type VirtualService } from "../../model/virtual-service.ts";
import type { Config } from "../config.ts";
import type { Diagnostic, Findings } from "../diagnostics.ts";
import { tellGlobalDoubts } from "../doubts.ts";
import { portProtocol } from "../names/queries.ts";
import type { Answers } from "../names/resolve.ts";
import { suggestion } from "../text/suggestion.ts";
import type { Steps } from "../turns.ts";
import { type Draft, diagnose } from "../values/read-settings.ts";
import { flagIn, numberIn, optional, textIn } from "../values/settings.ts";
import { checkFallback } from "./fallback.ts";
import type { FileFacts } from "./file-facts.ts";
import { buildVirtual, defaultCheckInterval, type VirtualOptions } from "./virtual.ts";

export interface BuildOptions extends VirtualOptions {
  /** Absolute. */
  readonly path: string;
}

const defaultLogfile = "/var/log/ldirectord.log";

/**
 * Pure: defaults, overrides, units; real server by real server. The Config is whole only when nothing found is
 * an error.
 */
export function* building(
  draft: Draft,
  answers: Answers,
  options: BuildOptions,
  diagnostics: Findings,
): Steps<Config> {
  diagnostics.push(...fileDiagnostics(draft, options.files));
  tellGlobalDoubts(draft, options.files, diagnostics);
  const anyProtocol = ["tcp", "udp", undefined] as const;
  for (const [fallback, family] of [
    [draft.fallback, 4],
    [draft.fallback6, 6],
  ] as const) {
    if (fallback === undefined) continue;
    const order = fallback.statement.line;
    diagnostics.push(...checkFallback(fallback, family, anyProtocol, order, answers));
  }

  const virtuals: VirtualService[] = [];
  const seen = new Map<string, number>();
  for (const virtual of draft.virtuals) {
    yield;
    if (virtual.fallback !== undefined) {
      const order = Math.max(virtual.endOrder, virtual.fallback.statement.line);
      const protocols = [portProtocol(virtual)];
      const found = checkFallback(virtual.fallback, virtual.family, protocols, order, answers);
      diagnostics.push(...found);
    }
    const service = yield* buildVirtual(virtual, draft, answers, options, diagnostics);
    if (service === undefined) continue;
    const id = serviceId(service.key);
    const earlier = seen.get(id);
    if (earlier !== undefined) {
      const message = `${id} is the virtual service of line ${earlier} too; merge the two`;
      const legacy = "duplicate virtual server";
      const duplicate = diagnose(
        virtual.head,
        { severity: "error", legacy, message },
        virtual.endOrder,
      );
      diagnostics.push({ ...duplicate, legacyLine: virtual.endLine });
    } else {
      seen.set(id, virtual.head.line);
    }
    virtuals.push(service);
  }

  const { globals } = draft;
  const { log, problem } = buildLog(textIn("logfile", globals));
  const logfile = globals.get("logfile")?.statement;
  if (problem !== undefined && logfile !== undefined) {
    diagnostics.push(diagnose(logfile, { severity: "warning", message: problem }));
  }
  return {
    path: options.path,
    virtuals,
    isAutoreload: flagIn("autoreload", globals) ?? false,
    isReaddQuiescent: flagIn("readdquiescent", globals) ?? false,
    isSupervised: flagIn("supervised", globals) ?? false,
    checkIntervalMs: (numberIn("checkinterval", globals) ?? defaultCheckInterval) * 1000,
    ...optional("callback", textIn("callback", globals)),
    execute: draft.execute,
    ...optional("maintenanceDir", textIn("maintenancedir", globals)),
    log,
  };
}

/** A path, else a syslog facility. An unknown facility passes, as it does in the original. */
function buildLog(value = defaultLogfile): { log: LogTarget; problem?: string } {
  if (value.startsWith("/")) return { log: { kind: "file", path: value } };
  const log = { kind: "syslog", facility: value } as const;
  if (facilityNumber(value) !== undefined) return { log };
  const hint = suggestion(value, facilityNames) || "; a file needs its whole path";
  return { log, problem: `"${value}" is no syslog facility${hint}` };
}

function fileDiagnostics(draft: Draft, files: FileFacts): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const statement of draft.logfiles) {
    const path = statement.value.slice(1, statement.value.lastIndexOf('"'));
    const why = files.unwritable.get(path);
    if (why === undefined) continue;
    const legacy = `unable to open logfile: ${path}`;
    const message = `"${path}" can not be appended to: ${why}`;
    found.push(diagnose(statement, { severity: "error", legacy, message }));
  }
  for (const virtual of draft.virtuals) {
    const setting = virtual.settings.get("monitorfile");
    const why = files.unwritable.get(String(setting?.value));
    if (setting === undefined || why === undefined) continue;
    const legacy = `unable to open monitorfile ${setting.value}: ${why}`;
    const message = `"${setting.value}" can not be appended to: ${why}`;
    found.push(diagnose(setting.statement, { severity: "error", legacy, message }));
  }
  const directory = draft.globals.get("maintenancedir");
  if (directory !== undefined && files.missingDirectories.has(String(directory.value))) {
    const legacy = "maintenance directory does not exist";
    const message = `"${directory.value}" is no directory; create it`;
    found.push(diagnose(directory.statement, { severity: "warning", legacy, message }));
  }
  return found;
}
