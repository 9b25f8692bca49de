import { basename } from "node:path";
import { demandingTls } from "../../checks/lib/stream/demand-tls.ts";
import type { CheckRegistry } from "../../checks/registry.ts";
import type { Config } from "../config/config.ts";
import { contentHash, hashOfBoth } from "../config/content-hash.ts";
import {
  type Diagnostic,
  isError,
  type ReportLine,
  report,
  type Unkept,
} from "../config/diagnostics.ts";
import { iniPath } from "../config/ini-path.ts";
import { type LoadOptions, loadConfig } from "../config/load.ts";
import { readRegularFile } from "../config/read-file.ts";
import { inTurns } from "../config/turns.ts";
import {
  type CheckLookup,
  type MonitorSpec,
  type PlanProblem,
  planWarnings,
} from "../health/plan.ts";
import { planning } from "../health/planning.ts";
import { digestProblems, fileDoubts } from "../incidents/doubts.ts";
import { loadIni } from "../ini/ini.ts";
import { type IniSettings, iniDefaults } from "../ini/sections.ts";
import type { RealServer } from "../model/real-server.ts";
import { serviceWords, wordProblems } from "./ini-words.ts";

/** A configuration that can be run as it is. */
export interface Ready {
  readonly ok: true;
  readonly config: Config;
  /** Of the `ldirectord-ng.ini` beside it. */
  readonly ini: IniSettings;
  readonly specs: readonly MonitorSpec[];
  readonly found: Found;
  readonly warnings: readonly ReportLine[];
  /** Of both files' bytes: see hashOfBoth. */
  readonly hash: string;
  /** The `ldirectord.cf`, */
  readonly bytes: Uint8Array;
  /** and the `ldirectord-ng.ini`. Absent: there is none. */
  readonly iniBytes?: Uint8Array;
  /** Names that could not be looked up: see Answers. */
  readonly unresolved: readonly string[];
  /** Some have to be looked up: without one the file means the same whoever is asked. */
  readonly hasNames: boolean;
  /** Whether both files, and all that they name, still come to the very same. */
  readonly isStill: () => Promise<boolean>;
  /** The same text once more, there only when a name could not be looked up. */
  readonly lookUpAgain?: () => Promise<Prepared>;
}

/** How many checks it asks for in a second, as if none were shared. */
export const checksASecond = ({ specs }: Pick<Ready, "specs">): number =>
  specs.reduce(
    (sum, { source }) => (source.kind === "probe" ? sum + 1000 / source.probe.intervalMs : sum),
    0,
  );

export type Prepared =
  | Ready
  /** No hash when one could not be read. */
  | {
      readonly ok: false;
      readonly problems: readonly ReportLine[];
      readonly found: Found;
      readonly hash?: string;
    };

/** What is wrong or doubtful, before it is put into words for a log. */
export interface Found {
  /** `path` is of the file that it is about. */
  readonly diagnostics: readonly (Diagnostic & { readonly path: string })[];
  /** In the `ldirectord.cf`, beside these. */
  readonly unkept: Unkept;
}

/** Default: the system's. */
export type PrepareOptions = Pick<LoadOptions, "resolver" | "inspectFiles" | "memory" | "readFile">;

/**
 * Reads a file, and the `ldirectord-ng.ini` beside it, and takes them through every stage that can find a mistake.
 * Changes nothing anywhere.
 */
export async function prepare(
  path: string,
  registry: CheckRegistry,
  options: PrepareOptions = {},
): Promise<Prepared> {
  const files = new Map<string, Promise<Uint8Array>>();
  const readFile = (from: string): Promise<Uint8Array> => {
    const read = files.get(from) ?? (options.readFile ?? readRegularFile)(from);
    files.set(from, read);
    return read;
  };
  const read = await loadIni(path, readFile);
  const ini = read.ok ? read.value : iniDefaults;
  const iniBytes = await readFile(iniPath(path)).catch(() => undefined);
  const besideHash = iniBytes && contentHash(iniBytes);
  const checks = demandingTls(registry, ini.demandTls?.services ?? []);
  const services = checks.services();
  const serviceOf = serviceWords(ini, services);
  const loaded = await loadConfig(path, { ...options, readFile, services, serviceOf });
  const { alerts = [] } = ini;
  const iniFound = read.ok
    ? [
        ...wordProblems(ini, loaded, { cf: basename(path), services }),
        ...(await digestProblems(alerts)),
        // Whoever may not have files looked for may not have these, either.
        ...(options.inspectFiles === undefined ? await fileDoubts(alerts) : []),
      ]
    : read.error;
  const iniReport = (found: readonly Diagnostic[]) =>
    report({ ok: false, diagnostics: found }, iniPath(path), process.pid);
  const iniErrors = iniFound.filter(isError);
  // One that is there and could not be read has no hash.
  const isIniKnown = besideHash !== undefined || read.ok;
  const hash = isIniKnown && loaded.hash && hashOfBoth(loaded.hash, besideHash);

  const allFound = (ofCf: readonly Diagnostic[], ofIni: readonly Diagnostic[]): Found => ({
    diagnostics: [
      ...ofIni.map((each) => ({ ...each, path: iniPath(path) })),
      ...ofCf.map((each) => ({ ...each, path })),
    ],
    unkept: loaded.unkept ?? { errors: 0, warnings: 0 },
  });
  const refuse = (diagnostics: readonly Diagnostic[]): Prepared => ({
    ok: false,
    found: allFound(diagnostics, iniFound),
    problems: [
      ...iniReport(iniErrors),
      ...report({ ...loaded, ok: false, diagnostics }, path, process.pid),
    ],
    ...(hash && { hash }),
  });
  if (!loaded.ok) {
    const more = await problemsBeside(loaded.diagnostics, loaded.fragment, checks);
    return refuse([...loaded.diagnostics, ...more]);
  }

  const planned = await inTurns(planning(loaded.config, checks));
  if (!planned.ok) {
    const errors = planned.error.map((each) => asDiagnostic("error", each));
    return refuse([...errors, ...loaded.warnings]);
  }
  const found = planWarnings(planned.value).map((each) => asDiagnostic("warning", each));
  const warnings = [...loaded.warnings, ...found];
  if (iniErrors.length > 0 || !hash) return refuse(warnings);
  const { unresolved = [], hasNames } = loaded;
  return {
    ok: true,
    config: loaded.config,
    ini,
    specs: planned.value,
    found: allFound(warnings, iniFound),
    warnings: [...report({ ...loaded, warnings }, path, process.pid), ...iniReport(iniFound)],
    hash,
    bytes: loaded.bytes,
    ...(iniBytes && { iniBytes }),
    unresolved,
    hasNames,
    isStill: stillSame(path, hash, loaded.isStill, options.readFile),
    ...(unresolved.length > 0 && {
      lookUpAgain: () => prepare(path, registry, { ...options, readFile }),
    }),
  };
}

/** By itself, so that what it was prepared from is not kept for it. */
const stillSame =
  (
    path: string,
    hash: string,
    isStill: () => Promise<boolean>,
    readFile: PrepareOptions["readFile"] = readRegularFile,
  ): Ready["isStill"] =>
  async () => {
    const own = await readFile(path).catch(() => undefined);
    const beside = await readFile(iniPath(path)).catch(() => undefined);
    const isSame = own && hashOfBoth(contentHash(own), beside && contentHash(beside)) === hash;
    return isSame === true && isStill();
  };

/** What the checks have to say of a file that is refused for something else: all mistakes at once. */
async function problemsBeside(
  diagnostics: readonly Diagnostic[],
  fragment: Config | undefined,
  checks: CheckLookup,
): Promise<readonly Diagnostic[]> {
  if (fragment === undefined) return [];
  // A service whose real servers are all mistaken has directives of its own.
  const virtuals = fragment.virtuals.map((virtual) =>
    virtual.reals.length > 0 ? virtual : { ...virtual, reals: [anyReal(virtual.line)] },
  );
  const planned = await inTurns(planning({ virtuals }, checks));
  const told = new Set(diagnostics.filter(isError).map(({ line }) => line));
  const problems = planned.ok ? [] : planned.error;
  return problems
    .filter(({ line, directive }) => directive !== undefined && !told.has(line))
    .map((problem) => asDiagnostic("error", problem));
}

const anyReal = (line: number): RealServer => ({
  endpoint: { address: "192.0.2.1", port: 1 },
  forwarding: "gate",
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  line,
});

const asDiagnostic = (
  severity: Diagnostic["severity"],
  { line, column = 1, directive, text }: PlanProblem,
): Diagnostic => ({
  severity,
  line,
  column,
  ...(directive !== undefined && { directive }),
  legacyLine: line,
  message: text,
  order: line,
});
