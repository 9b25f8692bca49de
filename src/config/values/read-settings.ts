import type { ServiceWords } from "../../model/service-words.ts";
import type { Diagnostic, Findings } from "../diagnostics.ts";
import { type DirectiveName, findDirective, type Scope } from "../text/directives.ts";
import type { ConfigAst, Statement, VirtualBlock } from "../text/statement.ts";
import type { Steps } from "../turns.ts";
import { type FallbackDraft, readFallback } from "./fallback-value.ts";
import { readValue } from "./read-value.ts";
import type { Problem, SettingValue, ValueContext } from "./reading.ts";
import { type RealDraft, readRealLine } from "./real-line.ts";
import { readVirtualAddress, type VirtualAddress } from "./virtual-address.ts";

/** The last statement of a name, and what its value says. */
export interface Setting {
  readonly name: DirectiveName;
  readonly statement: Statement;
  readonly value: SettingValue;
}
export type Settings = ReadonlyMap<DirectiveName, Setting>;

export interface FallbackSetting {
  readonly statement: Statement;
  readonly draft: FallbackDraft;
}

export interface RealSetting {
  readonly statement: Statement;
  /** Undefined when no address can be made out. */
  readonly draft: RealDraft | undefined;
}

export interface VirtualDraft {
  readonly head: Statement;
  readonly family: 4 | 6;
  /** Undefined when the line is wrong; its error is told already. */
  readonly address: VirtualAddress | undefined;
  readonly settings: Settings;
  readonly fallback?: FallbackSetting;
  readonly reals: readonly RealSetting[];
  /** Something of it was refused: what it does not say may have been meant to be said. */
  readonly isDoubtful: boolean;
  readonly endLine: number;
  readonly endOrder: number;
}

/** The file with every value read, and no name looked up. */
export interface Draft {
  readonly globals: Settings;
  readonly fallback?: FallbackSetting;
  readonly fallback6?: FallbackSetting;
  /** Names of other instances, in file order, each once. */
  readonly execute: readonly string[];
  /** The lines that name them. */
  readonly executes: readonly Setting[];
  /** The `logfile` lines whose path the original opens as it reads them. */
  readonly logfiles: readonly Statement[];
  readonly virtuals: readonly VirtualDraft[];
}

/** @param order where the original finds this; its line, unless it waits for the end of a block */
export function diagnose(statement: Statement, problem: Problem, order?: number): Diagnostic {
  return {
    severity: problem.severity,
    line: statement.line,
    column: statement.valueColumn,
    directive: statement.name,
    ...(problem.legacy === undefined ? {} : { legacy: problem.legacy }),
    legacyLine: statement.line,
    message: problem.message,
    ...(problem.hint === undefined ? {} : { hint: problem.hint }),
    ...(problem.ifRefused === undefined ? {} : { ifRefused: problem.ifRefused }),
    order: order ?? statement.line,
  };
}

/** Value by value. @param services that `service=` may name */
export function* readingSettings(
  ast: ConfigAst,
  services: ServiceWords,
  diagnostics: Findings,
): Steps<Draft> {
  const globals = new Map<DirectiveName, Setting>();
  const fallbacks = new Map<string, FallbackSetting>();
  const execute = new Map<string, Setting>();
  const logfiles: Statement[] = [];

  for (const statement of ast.globals) {
    yield;
    const context = { scope: "G", family: 4, isFwmark: false, services } as const;
    const setting = readSetting(statement, context, diagnostics);
    if (findDirective(statement.name)?.kind === "fallback") {
      setFallback(fallbacks, statement, diagnostics);
    } else if (setting !== undefined && statement.name === "execute") {
      if (!execute.has(String(setting.value))) execute.set(String(setting.value), setting);
    } else if (setting !== undefined) {
      globals.set(setting.name, setting);
      const opens = statement.name === "logfile" && String(setting.value).startsWith("/");
      if (opens && globals.get("supervised")?.value !== true) logfiles.push(statement);
    }
  }
  const virtuals: VirtualDraft[] = [];
  for (const block of ast.virtuals) {
    virtuals.push(yield* draftVirtual(block, services, diagnostics));
  }
  const fallback = fallbacks.get("fallback");
  const fallback6 = fallbacks.get("fallback6");
  return {
    globals,
    ...(fallback === undefined ? {} : { fallback }),
    ...(fallback6 === undefined ? {} : { fallback6 }),
    execute: [...execute.keys()],
    executes: [...execute.values()],
    logfiles,
    virtuals,
  };
}

function* draftVirtual(
  block: VirtualBlock,
  services: ServiceWords,
  diagnostics: Findings,
): Steps<VirtualDraft> {
  const family = block.head.name === "virtual6" ? 6 : 4;
  const errors = diagnostics.errors;
  const { address, problems } = readVirtualAddress(block.head.value, family);
  diagnostics.push(...problems.map((problem) => diagnose(block.head, problem)));
  noteQuotes(block.head, diagnostics);

  const isFwmark = address?.kind === "fwmark";
  const context = { scope: "V", family, isFwmark, services } as const;
  const settings = new Map<DirectiveName, Setting>();
  const fallbacks = new Map<string, FallbackSetting>();
  const reals: RealSetting[] = [];
  for (const statement of block.body) {
    yield;
    const kind = findDirective(statement.name)?.kind;
    const setting = readSetting(statement, context, diagnostics);
    if (kind === "real" || kind === "fallback") {
      const right = (kind === "real" ? "real" : "fallback") + (family === 6 ? "6" : "");
      if (statement.name !== right) {
        diagnostics.push(diagnose(statement, wrongFamily(statement.name, right, family)));
      } else if (kind === "real") {
        reals.push({ statement, draft: readRealLine(statement.value) });
      } else {
        setFallback(fallbacks, statement, diagnostics);
      }
    } else if (setting !== undefined) {
      settings.set(setting.name, setting);
    }
  }
  const [fallback] = fallbacks.values();
  return {
    head: block.head,
    family,
    address,
    settings,
    ...(fallback === undefined ? {} : { fallback }),
    reals,
    isDoubtful: !block.isWhole || diagnostics.errors > errors,
    endLine: block.endLine,
    endOrder: block.endOrder,
  };
}

function wrongFamily(name: string, right: string, family: 4 | 6): Problem {
  return {
    severity: "error",
    legacy: `cannot specify "${name}" here.  please use "${right}" instead`,
    message: `the virtual service is IPv${family}; write ${right}=`,
  };
}

function setFallback(
  fallbacks: Map<string, FallbackSetting>,
  statement: Statement,
  diagnostics: Findings,
): void {
  const { draft, problems } = readFallback(statement.value);
  diagnostics.push(...problems.map((problem) => diagnose(statement, problem)));
  if (draft === undefined) fallbacks.delete(statement.name);
  else fallbacks.set(statement.name, { statement, draft });
}

function readSetting(
  statement: Statement,
  context: ValueContext,
  diagnostics: Findings,
): Setting | undefined {
  const directive = findDirective(statement.name);
  if (directive === undefined) return undefined;
  const { value, problems } = readValue(statement, directive, context);
  diagnostics.push(...problems.map((problem) => diagnose(statement, problem)));
  noteQuotes(statement, diagnostics);
  noteComment(statement, context.scope, diagnostics);
  const warn = (message: string, legacy?: string) =>
    diagnostics.push(
      diagnose(statement, {
        severity: "warning",
        message,
        ...(legacy === undefined ? {} : { legacy }),
      }),
    );
  const isError = problems.some((problem) => problem.severity === "error");
  if (directive.warning !== undefined && !isError) warn("is deprecated", directive.warning);
  return value === undefined ? undefined : { name: directive.name, statement, value };
}

function noteQuotes(statement: Statement, diagnostics: Findings): void {
  if (!statement.wasStraightened) return;
  const message = 'a typographic quote is taken as a plain one; write "..."';
  diagnostics.push(diagnose(statement, { severity: "warning", message }));
}

/** Where the original would have taken a trailing comment as part of a value, say that we do not. */
function noteComment(statement: Statement, scope: Scope, diagnostics: Findings): void {
  if (scope === "V" || statement.comment === undefined) return;
  const kind = findDirective(statement.name)?.kind;
  const isGreedy = kind === "quoted" && statement.comment.includes('"');
  if (!isGreedy && kind !== "verbatim" && kind !== "unquoted") return;
  const message = "what stands behind # is taken as a comment, not as part of the value";
  diagnostics.push(diagnose(statement, { severity: "warning", message }));
}
