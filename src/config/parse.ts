import type { ConfigAst, Statement, VirtualBlock } from "./ast.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { findDirective, isIn, type Scope } from "./directives.ts";
import { nearestWord } from "./nearest.ts";
import { cleanLine, plainBlanks } from "./quotes.ts";
import { unknownLine } from "./unknown-line.ts";

export interface Parsed {
  readonly ast: ConfigAst;
  readonly diagnostics: readonly Diagnostic[];
}

interface OpenBlock {
  readonly head: Statement | undefined;
  readonly body: Statement[];
}

interface SourceLine {
  /** Without its line end, with plain blanks. */
  readonly text: string;
  readonly hasOddBlanks: boolean;
  readonly raw: string;
  readonly number: number;
}

/**
 * Reads lines and blocks. Never throws; a line it cannot place is a Diagnostic and is skipped.
 *
 *   outside ── virtual= ──► block ── unindented or short blank line ──► outside
 *
 * A line is in the block when, with tabs as four blanks, it starts with four. Blank lines of five
 * columns or more do not end a block. Indented lines below the end of one are read as part of it after
 * one error, so that what else is wrong in them is told too.
 */
export function parse(text: string): Parsed {
  const globals: Statement[] = [];
  const virtuals: VirtualBlock[] = [];
  const diagnostics: Diagnostic[] = [];
  let block: OpenBlock | undefined;
  /** The block that a blank line ended last, while indented lines may still be meant for it. */
  let ended: { readonly body: Statement[]; readonly virtualLine: number; at: number } | undefined;
  let orphans = 0;
  let lastLine = 0;

  const endBlock = (at: number, order: number): void => {
    if (block?.head !== undefined) {
      virtuals.push({ head: block.head, body: block.body, endLine: at, endOrder: order });
      ended = { body: block.body, virtualLine: block.head.line, at };
    }
    block = undefined;
  };

  const readBody = (line: SourceLine, body: Statement[]): void => {
    const read = readStatement(line, "V");
    if (read.statement !== undefined) body.push(read.statement);
    else diagnostics.push(read.diagnostic);
  };

  const lines = splitLines(text);
  diagnostics.push(...tellOfOddBlanks(lines));
  for (const line of lines) {
    lastLine = line.number;
    if (/^\s*#/.test(line.text)) continue;
    const columns = line.text.replaceAll("\t", "    ");
    const isBlank = columns.trim() === "";
    if (block !== undefined) {
      if (isBlank && columns.length > 4) continue;
      if (!isBlank && /^ {4}/.test(columns)) {
        readBody(line, block.body);
        continue;
      }
      endBlock(line.number, line.number - 0.5);
    }
    if (isBlank) continue;

    if (/^\s/.test(line.text)) {
      // Tell of a run of such lines once.
      if (orphans++ === 0) {
        const message = orphanMessage(columns, line.number, ended);
        diagnostics.push(unknownLine({ raw: line.raw, line: line.number, scope: "G", message }));
      }
      if (ended !== undefined && /^ {4}/.test(columns)) readBody(line, ended.body);
      continue;
    }
    orphans = 0;
    ended = undefined;
    const read = readStatement(line, "G");
    if (read.statement === undefined) {
      diagnostics.push(read.diagnostic);
      // What stands below a misspelt "virtual" is its block, not a list of errors.
      const word = /^[\w-]+/.exec(line.text)?.[0] ?? "";
      const isVirtual = nearestWord(word, ["virtual", "virtual6"]) !== undefined;
      if (isVirtual) block = { head: undefined, body: [] };
    } else if (findDirective(read.statement.name)?.kind === "virtual") {
      block = { head: read.statement, body: [] };
    } else {
      globals.push(read.statement);
    }
  }
  endBlock(lastLine, lastLine + 0.5);
  return { ast: { globals, virtuals }, diagnostics };
}

function splitLines(text: string): SourceLine[] {
  const body = text.startsWith("\ufeff") ? text.slice(1) : text;
  const lines = body.split("\n");
  const endsOpen = lines.at(-1) !== "";
  if (!endsOpen) lines.pop();
  return lines.map((line, i) => {
    const written = line.endsWith("\r") ? line.slice(0, -1) : line;
    const text = plainBlanks(written);
    const shown = written.replace(/\s*(#.*)?$/s, "");
    return {
      text,
      // Those before a comment or the end of the line change nothing.
      hasOddBlanks: plainBlanks(shown) !== shown,
      raw: i === lines.length - 1 && endsOpen ? line : `${line}\n`,
      number: i + 1,
    };
  });
}

type Read =
  | { readonly statement: Statement }
  | { readonly statement?: undefined; readonly diagnostic: Diagnostic };

function readStatement(line: SourceLine, scope: Scope): Read {
  const clean = cleanLine(line.text, { needsBlank: scope === "G" });
  const match = /^(\s*)([\w-]+)(\s*=\s*)(.*)$/s.exec(clean.text);
  const [, blanks = "", name = "", equals = "", value = ""] = match ?? [];
  const directive = findDirective(name);
  const spread = scope === "V" ? value.replaceAll("\t", "    ") : value;
  const common = { line: line.number, raw: line.raw };
  const cut = {
    wasStraightened: clean.wasStraightened,
    ...(clean.comment === undefined ? {} : { comment: clean.comment }),
  };
  if (directive !== undefined && isIn(directive, scope)) {
    return {
      statement: {
        ...common,
        ...cut,
        name,
        value: directive.kind === "real" ? spread : spread.trim(),
        hasEquals: true,
        column: blanks.length + 1,
        valueColumn: blanks.length + name.length + equals.length + 1,
      },
    };
  }
  // Whatever begins with these letters counts as this directive.
  if (scope === "G" && clean.text.startsWith("supervised")) {
    const rest = clean.text.slice("supervised".length).trim();
    return {
      statement: {
        ...common,
        ...cut,
        name: "supervised",
        value: rest,
        hasEquals: false,
        column: 1,
        valueColumn: 1,
      },
    };
  }
  return { diagnostic: unknownLine({ raw: line.raw, line: line.number, scope }) };
}

/** One warning for the whole file: who copied one line from a web page copied them all. */
function tellOfOddBlanks(lines: readonly SourceLine[]): Diagnostic[] {
  const [first, ...more] = lines.filter((line) => line.hasOddBlanks);
  if (first === undefined) return [];
  const others = more.length === 0 ? "" : ` (and so in ${more.length} more lines)`;
  return [
    {
      severity: "warning",
      line: first.number,
      column: Math.max(1, first.raw.search(/[\u00a0\u2000-\u200a\u202f\u205f\u3000]/) + 1),
      legacyLine: first.number,
      message: `a no-break blank is taken as a plain one${others}`,
      order: first.number,
    },
  ];
}

function orphanMessage(
  columns: string,
  line: number,
  ended: { readonly virtualLine: number; readonly at: number } | undefined,
): string {
  if (ended === undefined) return "is indented, but no virtual service is open above it";
  if (!/^ {4}/.test(columns)) {
    return `is indented by less than four blanks, so not part of the virtual service of line ${ended.virtualLine}; use four, or a tab`;
  }
  const how = ended.at < line ? `a blank line (${ended.at}) ended` : "nothing continues";
  return `${how} the virtual service of line ${ended.virtualLine}; take the blank line out, or put a # there`;
}
