import type { Config } from "./config/config.ts";
import { type Diagnostic, report, type Told } from "./config/diagnostics.ts";
import { type LoadOptions, loadConfig } from "./config/load.ts";
import {
  type CheckLookup,
  type MonitorSpec,
  type PlanProblem,
  plan,
  planWarnings,
} from "./health/plan.ts";

/** A configuration that can be run as it is. */
export interface Ready {
  readonly ok: true;
  readonly config: Config;
  readonly specs: readonly MonitorSpec[];
  readonly warnings: readonly Told[];
  /** Of the file's bytes: see contentHash. */
  readonly hash: string;
}

export type Prepared =
  | Ready
  /** No hash when it could not be read. */
  | {
      readonly ok: false;
      readonly problems: readonly Told[];
      readonly hash?: string;
      /** A name server was silent: the same file may be good later. */
      readonly mayPass?: boolean;
    };

/** Default: the system's. */
export type PrepareOptions = Pick<LoadOptions, "resolver" | "inspectFiles">;

/** Reads a file and takes it through every stage that can find a mistake. Changes nothing anywhere. */
export async function prepare(
  path: string,
  checks: CheckLookup & { services(): ReadonlySet<string> },
  options: PrepareOptions = {},
): Promise<Prepared> {
  const loaded = await loadConfig(path, { ...options, supportedServices: checks.services() });
  const refuse = (diagnostics: readonly Diagnostic[], mayPass = false): Prepared => ({
    ok: false,
    problems: report({ ok: false, diagnostics }, path, process.pid),
    mayPass,
    ...(loaded.hash !== undefined && { hash: loaded.hash }),
  });
  if (!loaded.ok) return refuse(loaded.diagnostics, loaded.mayPass);

  const planned = plan(loaded.config, checks);
  if (!planned.ok) {
    const errors = planned.error.map((each) => asDiagnostic("error", each));
    return refuse([...errors, ...loaded.warnings]);
  }
  const found = planWarnings(planned.value).map((each) => asDiagnostic("warning", each));
  const warnings = [...loaded.warnings, ...found];
  return {
    ok: true,
    config: loaded.config,
    specs: planned.value,
    warnings: report({ ...loaded, warnings }, path, process.pid),
    hash: loaded.hash,
  };
}

const asDiagnostic = (
  severity: Diagnostic["severity"],
  { line, text }: PlanProblem,
): Diagnostic => ({
  severity,
  line,
  column: 1,
  legacyLine: line,
  message: text,
  order: line,
});
