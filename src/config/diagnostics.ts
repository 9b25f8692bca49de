import type { Loaded } from "./load.ts";

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
  /** Where the original's reading stands when it finds this: it reports in this order. */
  readonly order: number;
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
  const directive = d.directive === undefined ? "" : `${d.directive}: `;
  return `${place}: ${severity}${directive}${d.message}`;
}

/** One line to print or log. */
export interface Told {
  readonly text: string;
  /** Of the file, 1-based; 0 when no line is at fault. */
  readonly line: number;
}

/**
 * What to print of a file that was read, one line each: the one error that the original would have
 * stopped at, then every problem in file order. Warnings come in the original's words where it has any.
 */
export function report(loaded: Loaded, path: string, pid: number): Told[] {
  const all = loaded.ok ? loaded.warnings : loaded.diagnostics;
  const inFileOrder = [...all].sort((a, b) => a.line - b.line || a.column - b.column);
  const errors = inFileOrder.filter(isError);
  const first = sortDiagnostics(all.filter(isError)).find((d) => d.legacy !== undefined);
  const legacy = (d: Diagnostic) => ({ line: d.line, text: formatLegacy(d, path, pid) });
  const ours = (d: Diagnostic) => ({ line: d.line, text: formatDiagnostic(d, path) });
  const lines = [
    ...(first === undefined ? [] : [legacy(first)]),
    ...errors.map(ours),
    ...inFileOrder
      .filter((d) => !isError(d))
      .map((d) => (d.legacy === undefined ? ours(d) : legacy(d))),
  ];
  return lines.flatMap(({ line, text = "" }) =>
    text
      .trimEnd()
      .split("\n")
      .map((part) => ({ line, text: part })),
  );
}
