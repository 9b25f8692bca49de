/** One thing that is wrong, or surely a slip, in a configuration file. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  /** 1-based; 0 when no line is at fault. */
  readonly line: number;
  /** 1-based, in characters; 0 when `line` is 0. */
  readonly column: number;
  /** The directive at fault, as the file spells it. */
  readonly directive?: string;
  /** What the original prints behind "at line N: ", when it has a word on this. May hold newlines. */
  readonly legacy?: string;
  /** The line number that the original prints; 0 for none. */
  readonly legacyLine: number;
  /** What is wrong, and what would be right. */
  readonly message: string;
  /** What could be said behind the message: a long list, which is told once for all lines that have it. */
  readonly hint?: string;
  /** The original refuses a file for this, and so it counts as an error where ours is refused anyway. */
  readonly ifRefused?: { readonly legacy: string; readonly message: string };
  /** Where the original's reading stands when it finds this: it reports in this order. */
  readonly order: number;
}

/** A file with more of either kind is none that somebody mends line by line. */
const maxKept = 1_000;

/** What was found in a file: the first of each severity, and how many more there are. */
export class Findings {
  readonly kept: Diagnostic[] = [];
  readonly #counts = { error: 0, warning: 0 };

  push(...found: readonly Diagnostic[]): void {
    for (const diagnostic of found) {
      if (++this.#counts[diagnostic.severity] <= maxKept) this.kept.push(diagnostic);
    }
  }

  /** Whether what is found next of this severity would be kept. */
  hasRoom(severity: Diagnostic["severity"]): boolean {
    return this.#counts[severity] < maxKept;
  }

  /** One more, of which nothing is known but that it is there. */
  count(severity: Diagnostic["severity"]): void {
    this.#counts[severity]++;
  }

  get errors(): number {
    return this.#counts.error;
  }

  /** Found, but not kept. */
  get unkept(): Unkept {
    const beyond = (count: number) => Math.max(0, count - maxKept);
    return { errors: beyond(this.#counts.error), warnings: beyond(this.#counts.warning) };
  }
}

/** What was found in a file that is refused. */
export const asRefused = (found: readonly Diagnostic[]): Diagnostic[] =>
  found.map(({ ifRefused, ...rest }) => ({
    ...rest,
    ...(ifRefused !== undefined && { ...ifRefused, severity: "error" }),
  }));

/** How much was found beside what is told. */
export interface Unkept {
  readonly errors: number;
  readonly warnings: number;
}

export const isError = (diagnostic: Diagnostic): boolean => diagnostic.severity === "error";

/** Errors first; each kind in the order in which the original meets them. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const rank = (diagnostic: Diagnostic) => (isError(diagnostic) ? 0 : 1);
  return [...diagnostics].sort((a, b) => rank(a) - rank(b) || a.order - b.order);
}

/** The original's own line; undefined when it has none for this. It may hold newlines. */
export function formatLegacy(d: Diagnostic, path: string, pid: number): string | undefined {
  if (d.legacy === undefined) return undefined;
  const place = d.legacyLine > 0 ? ` reading file ${path} at line ${d.legacyLine}` : "";
  return `${isError(d) ? "Error" : "Warning"} [${pid}]${place}: ${d.legacy}`;
}

/** `web.cf:12:9: checkinterval: "5s" is not a number of seconds` */
export function formatDiagnostic(d: Diagnostic, path: string): string {
  const place = d.line > 0 ? `${path}:${d.line}:${d.column}` : path;
  const severity = isError(d) ? "" : "warning: ";
  return `${place}: ${severity}${wordsOf(d)}`;
}

/** What it says, without where and how grave. */
export function wordsOf(d: Pick<Diagnostic, "directive" | "message" | "hint">): string {
  const directive = d.directive === undefined ? "" : `${d.directive}: `;
  const hint = d.hint === undefined ? "" : `; ${d.hint}`;
  return `${directive}${d.message}${hint}`;
}

/** What reading a file came to. */
export type Assessed = { readonly unkept?: Unkept | undefined } & (
  | { readonly ok: true; readonly warnings: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] }
);

/** One line to print or log. */
export interface ReportLine {
  readonly text: string;
  /** Of the file, 1-based; 0 when no line is at fault. */
  readonly line: number;
}

/** Of errors, and of warnings. Who made more will not read more at once. */
const maxTold = 50;

/**
 * What to print of a file that was read, one line each: the one error that the original would have
 * stopped at, then every problem in file order, up to a number. Warnings come in the original's words
 * where it has any.
 */
export function report(assessed: Assessed, path: string, pid: number): ReportLine[] {
  const all = assessed.ok ? assessed.warnings : assessed.diagnostics;
  const { unkept = { errors: 0, warnings: 0 } } = assessed;
  const inFileOrder = withHintsOnce(
    [...all].sort((a, b) => a.line - b.line || a.column - b.column),
  );
  const errors = inFileOrder.filter(isError);
  const warnings = inFileOrder.filter((d) => !isError(d));
  const first = sortDiagnostics(all.filter(isError)).find((d) => d.legacy !== undefined);
  const legacy = (d: Diagnostic) => ({ line: d.line, text: formatLegacy(d, path, pid) });
  const ours = (d: Diagnostic) => ({ line: d.line, text: formatDiagnostic(d, path) });
  const more = (count: number, what: string) =>
    count <= 0 ? [] : [{ line: 0, text: `${path}: … and ${count} more ${what}` }];
  const grouped = inGroups(warnings);
  const left = grouped.slice(maxTold).reduce((sum, { count }) => sum + count, 0);
  const lines = [
    ...(first === undefined ? [] : [legacy(first)]),
    ...errors.slice(0, maxTold).map(ours),
    ...more(Math.max(0, errors.length - maxTold) + unkept.errors, "mistakes"),
    ...grouped
      .slice(0, maxTold)
      .map(({ diagnostic: d }) => (d.legacy === undefined ? ours(d) : legacy(d))),
    ...more(left + unkept.warnings, "warnings"),
  ];
  return lines.flatMap(({ line, text = "" }) =>
    text
      .trimEnd()
      .split("\n")
      .map((part) => ({ line, text: part })),
  );
}

function withHintsOnce(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const told = new Set<string>();
  return diagnostics.map((each) => {
    const { hint, ...rest } = each;
    if (hint === undefined) return each;
    if (told.has(hint)) return rest;
    told.add(hint);
    return each;
  });
}

interface Group {
  readonly diagnostic: Diagnostic;
  readonly count: number;
}

/** What is the same of many lines is told of the first. The original's words stay as they are. */
function inGroups(warnings: readonly Diagnostic[]): Group[] {
  const groups = new Map<string, { first: Diagnostic; lines: Set<number> }>();
  for (const each of warnings) {
    const { legacy, directive, message, line, column } = each;
    const isAlone = legacy !== undefined || line === 0;
    const key = JSON.stringify(isAlone ? [legacy, line, column, message] : [directive, message]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: each, lines: new Set([line]) });
    else group.lines.add(line);
  }
  return [...groups.values()].map(({ first, lines }) => {
    if (lines.size === 1) return { diagnostic: first, count: 1 };
    const others = lines.size === 2 ? "one more line" : `${lines.size - 1} more lines`;
    const message = `${first.message} (and so in ${others})`;
    return { diagnostic: { ...first, message }, count: lines.size };
  });
}
