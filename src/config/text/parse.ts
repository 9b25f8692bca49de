import { type Diagnostic, Findings } from "../diagnostics.ts";
import { atOnce, type Steps } from "../turns.ts";
import { findDirective, isIn, type Scope } from "./directives.ts";
import { cleanLine, plainBlanks } from "./quotes.ts";
import type { ConfigAst, Statement, VirtualBlock } from "./statement.ts";
import { closestWord } from "./suggestion.ts";
import { unknownLine } from "./unknown-line.ts";

export interface Parsed {
  readonly ast: ConfigAst;
  readonly findings: Findings;
}

interface OpenBlock {
  readonly head: Statement | undefined;
  readonly body: Statement[];
  isWhole: boolean;
}

interface SourceLine {
  /** Without its line end, with plain blanks. */
  readonly text: string;
  readonly raw: string;
  readonly number: number;
}

/** Beyond this a line is no directive; and what reads one may take time that grows faster than the line. */
const maxLineLength = 16_384;

/**
 * Reads lines and blocks. Never throws; a line it cannot place is a Diagnostic and is skipped.
 *
 *   outside ── virtual= ──► block ── unindented or short blank line ──► outside
 *
 * A line is in the block when, with tabs as four blanks, it starts with four. Blank lines of five
 * columns or more do not end a block. Indented lines below the end of one are read as part of it after
 * one error, so that what else is wrong in them is told too.
 */
export const parse = (text: string): Parsed => atOnce(parsing(text));

/** `parse`, line by line. */
export function* parsing(text: string): Steps<Parsed> {
  const globals: Statement[] = [];
  const virtuals: VirtualBlock[] = [];
  const findings = new Findings();
  let block: OpenBlock | undefined;
  /** The block that a blank line ended last, while indented lines may still be meant for it. */
  let ended: { readonly block: OpenBlock; readonly virtualLine: number; at: number } | undefined;
  let orphans = 0;
  let lastLine = 0;
  let oddBlanks: { readonly line: SourceLine; more: number } | undefined;

  const endBlock = (at: number, order: number): void => {
    if (block?.head !== undefined) {
      virtuals.push(Object.assign(block, { head: block.head, endLine: at, endOrder: order }));
      ended = { block, virtualLine: block.head.line, at };
    }
    block = undefined;
  };

  /** Beyond what is told, a mistake is not worth the search for what it may be a slip of. */
  const refuse = ({ raw, number }: SourceLine, scope: Scope, message?: string): void => {
    if (!findings.hasRoom("error")) {
      findings.count("error");
      return;
    }
    const more = message === undefined ? {} : { message };
    findings.push(unknownLine({ raw, line: number, scope, ...more }));
  };

  const readBody = (line: SourceLine, open: OpenBlock): void => {
    const statement = readStatement(line, "V");
    if (statement !== undefined) {
      open.body.push(statement);
      return;
    }
    open.isWhole = false;
    refuse(line, "V");
  };

  for (const line of linesOf(text)) {
    yield;
    lastLine = line.number;
    if (/^\s*#/.test(line.text)) continue;
    if (line.raw.length > maxLineLength) {
      const message = `the line has ${line.raw.length} characters: no directive has so many`;
      if (block !== undefined) block.isWhole = false;
      refuse(line, block === undefined ? "G" : "V", message);
      continue;
    }
    if (hasOddBlanks(line)) {
      if (oddBlanks === undefined) oddBlanks = { line, more: 0 };
      else oddBlanks.more++;
    }
    const columns = line.text.replaceAll("\t", "    ");
    const isBlank = columns.trim() === "";
    if (block !== undefined) {
      if (isBlank && columns.length > 4) continue;
      if (!isBlank && columns.startsWith("    ")) {
        readBody(line, block);
        continue;
      }
      endBlock(line.number, line.number - 0.5);
    }
    if (isBlank) continue;

    if (/^\s/.test(line.text)) {
      // Tell of a run of such lines once.
      if (orphans++ === 0) refuse(line, "G", orphanMessage(columns, line.number, ended));
      if (ended !== undefined) ended.block.isWhole = false;
      if (ended !== undefined && columns.startsWith("    ")) readBody(line, ended.block);
      continue;
    }
    orphans = 0;
    const statement = readStatement(line, "G");
    if (statement === undefined) {
      refuse(line, "G");
      // A line that forgot its blanks, perhaps.
      if (ended !== undefined) ended.block.isWhole = false;
      ended = undefined;
      // What stands below a misspelt "virtual" is its block, not a list of errors.
      const word = /^[\w-]+/.exec(line.text)?.[0] ?? "";
      if (isVirtual(word)) block = { head: undefined, body: [], isWhole: true };
      continue;
    }
    ended = undefined;
    if (findDirective(statement.name)?.kind === "virtual") {
      block = { head: statement, body: [], isWhole: true };
    } else {
      globals.push(statement);
    }
  }
  endBlock(lastLine, lastLine + 0.5);
  if (oddBlanks !== undefined) findings.push(tellOfOddBlanks(oddBlanks.line, oddBlanks.more));
  return { ast: { globals, virtuals }, findings };
}

/** Few words are as long as this one and near it: the others are not compared. */
const isVirtual = (word: string): boolean =>
  word.length >= 5 && word.length <= 10 && closestWord(word, ["virtual", "virtual6"]) !== undefined;

/** One after the other: a list of all lines would be as long a turn as the file is large. */
function* linesOf(text: string): Generator<SourceLine, void> {
  let from = text.startsWith("\ufeff") ? 1 : 0;
  for (let number = 1; from < text.length; number++) {
    const newline = text.indexOf("\n", from);
    const end = newline < 0 ? text.length : newline;
    const written = text.slice(from, end).replace(/\r$/, "");
    const raw = text.slice(from, newline < 0 ? end : end + 1);
    yield { text: plainBlanks(written), raw, number };
    from = end + 1;
  }
}

/** Those before a comment or the end of the line change nothing. */
function hasOddBlanks({ text, raw }: SourceLine): boolean {
  if (raw.startsWith(text)) return false;
  const shown = (/^[^#]*/.exec(raw)?.[0] ?? "").trimEnd();
  return plainBlanks(shown) !== shown;
}

function readStatement(line: SourceLine, scope: Scope): Statement | undefined {
  const clean = cleanLine(line.text, { needsBlank: scope === "G" });
  const match = /^(\s*)([\w-]+)(\s*=\s*)(.*)$/s.exec(clean.text);
  const [, blanks = "", name = "", equals = "", value = ""] = match ?? [];
  const directive = findDirective(name);
  const spread = scope === "V" ? value.replaceAll("\t", "    ") : value;
  const common = {
    line: line.number,
    raw: line.raw,
    wasStraightened: clean.wasStraightened,
    ...(clean.comment === undefined ? {} : { comment: clean.comment }),
  };
  if (directive !== undefined && isIn(directive, scope)) {
    return {
      ...common,
      name,
      value: directive.kind === "real" ? spread : spread.trim(),
      hasEquals: true,
      column: blanks.length + 1,
      valueColumn: blanks.length + name.length + equals.length + 1,
    };
  }
  // Whatever begins with these letters counts as this directive.
  if (scope === "G" && clean.text.startsWith("supervised")) {
    return {
      ...common,
      name: "supervised",
      value: clean.text.slice("supervised".length).trim(),
      hasEquals: false,
      column: 1,
      valueColumn: 1,
    };
  }
  return undefined;
}

/** One warning for the whole file: who copied one line from a web page copied them all. */
function tellOfOddBlanks({ raw, number }: SourceLine, more: number): Diagnostic {
  const others = more === 0 ? "" : ` (and so in ${more} more lines)`;
  return {
    severity: "warning",
    line: number,
    column: Math.max(1, raw.search(/[\u00a0\u2000-\u200a\u202f\u205f\u3000]/) + 1),
    legacyLine: number,
    message: `a no-break blank is taken as a plain one${others}`,
    order: number,
  };
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
