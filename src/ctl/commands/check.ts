/** `ldirectorctl check`: all that is wrong or doubtful in a file, before a daemon reads it. Changes nothing. */
import type { Command } from "commander";
import { loadChecks } from "../../../checks/registry.ts";
import { type InstanceFile, withInstances } from "../../commands/with-instances.ts";
import { type Diagnostic, isError, wordsOf } from "../../config/diagnostics.ts";
import { iniPath } from "../../config/ini-path.ts";
import { readRegularFile } from "../../config/read-file.ts";
import { type DirectiveName, findDirective } from "../../config/text/directives.ts";
import { printable } from "../../model/one-line.ts";
import type { CtlCommand, SharedOptions } from "../command.ts";
import { coloured, type Screen, wrapped } from "../screen.ts";

interface CheckOptions extends SharedOptions {
  readonly json?: boolean;
}

export const checkCommand: CtlCommand = (program, { screen, finish }) => {
  program
    .command("check")
    .argument("[file]", "the ldirectord.cf; the ldirectord-ng.ini beside it is read with it")
    .option("--json", "for editors and CI: a list of files, each with what was found")
    .description("tells all that is wrong or doubtful in a file, and changes nothing")
    .addHelpText("after", "\nExit: 0 fine, 1 warnings, 2 mistakes, 64 wrong command line.")
    .action(async (file: string | undefined, _options: unknown, command: Command) => {
      finish(await check(file, command.optsWithGlobals<CheckOptions>(), screen));
    });
};

/** What was found in one `ldirectord.cf` and the `ldirectord-ng.ini` beside it: `--json` prints a list of these. */
interface CheckedFile {
  readonly path: string;
  readonly mistakes: number;
  readonly warnings: number;
  /** In the order of the file. `line` and `column` are 0 when no line is at fault. */
  readonly found: readonly CheckedLine[];
  /** Of a file without mistakes. */
  readonly virtualServices?: number;
  readonly realServers?: number;
}

interface CheckedLine
  extends Pick<Diagnostic, "severity" | "line" | "column" | "directive" | "message" | "hint"> {
  /** It may be the ini beside the file. */
  readonly path: string;
}

const exitCodes = { fine: 0, warnings: 1, mistakes: 2 } as const;

/** @param given the file; undefined: as `ldirectord` looks for it @returns the exit code */
async function check(
  given: string | undefined,
  { json = false, config }: CheckOptions,
  screen: Screen,
): Promise<number> {
  const checked: CheckedFile[] = [];
  const lines = new SourceLines();
  const checks = await loadChecks();
  let isAllThere = true;
  for await (const each of withInstances(given ?? config, checks, { readFile: lines.read })) {
    if (each instanceof Error) {
      screen.err(`${each.message}\n`);
      isAllThere = false;
    } else checked.push(checkedFile(each));
  }

  if (json) screen.out(`${JSON.stringify({ version: 1, files: checked }, undefined, 2)}\n`);
  else for (const each of checked) screen.out(textOf(each, lines, screen));
  if (!isAllThere || checked.some(({ mistakes }) => mistakes > 0)) return exitCodes.mistakes;
  return checked.some(({ warnings }) => warnings > 0) ? exitCodes.warnings : exitCodes.fine;
}

function checkedFile({ path, read }: InstanceFile): CheckedFile {
  const { diagnostics, unkept } = read.found;
  const errors = diagnostics.filter(isError).length;
  return {
    path,
    mistakes: errors + unkept.errors,
    warnings: diagnostics.length - errors + unkept.warnings,
    found: diagnostics
      .map(({ path: of, severity, line, column, directive, message, hint }) => ({
        path: of,
        severity,
        line,
        column,
        ...(directive !== undefined && { directive }),
        message,
        ...(hint !== undefined && { hint }),
      }))
      .sort((a, b) => b.path.localeCompare(a.path) || a.line - b.line || a.column - b.column),
    ...(read.ok && {
      virtualServices: read.config.virtuals.length,
      realServers: read.config.virtuals.reduce((sum, { reals }) => sum + reals.length, 0),
    }),
  };
}

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;

function textOf(file: CheckedFile, lines: SourceLines, screen: Screen): string {
  const { path, mistakes, warnings, found } = file;
  const told = found.map((each) => {
    const isMistake = each.severity === "error";
    const place = each.line > 0 ? `${each.path}:${each.line}:${each.column}: ` : `${each.path}: `;
    const kind = isMistake
      ? coloured(screen, "red", "error")
      : coloured(screen, "yellow", "warning");
    return [
      `${wrapped(screen, `${printable(place)}${kind}: ${printable(wordsOf(each))}`)}\n`,
      lines.excerpt(each, screen.columns ?? 100),
    ].join("");
  });
  const counts = [
    ...(mistakes > 0 ? [coloured(screen, "red", plural(mistakes, "mistake"))] : []),
    ...(warnings > 0 ? [coloured(screen, "yellow", plural(warnings, "warning"))] : []),
  ];
  const left = mistakes + warnings - found.length;
  return [
    ...told,
    ...(left > 0 ? [`… and ${left} more\n`] : []),
    `${wrapped(screen, `${printable(path)}: ${[...counts, verdictOn(file)].join(", ")}`)}\n`,
  ].join("");
}

function verdictOn({ mistakes, virtualServices = 0, realServers = 0 }: CheckedFile): string {
  if (mistakes > 0) return "ldirectord refuses it";
  const what = `${plural(virtualServices, "virtual service")}, ${plural(realServers, "real server")}`;
  return `ldirectord takes it: ${what}`;
}

const secretDirectives: ReadonlySet<string> = new Set([
  "passwd",
  "secret",
] satisfies DirectiveName[]);

/** Whether what stands behind the word may be shown: behind a word that is none, it may be a password. */
const isOpen = (word: string, path: string): boolean =>
  path === iniPath(path) || (findDirective(word) !== undefined && !secretDirectives.has(word));

/** The text of the files that were read, for the line at fault. */
class SourceLines {
  readonly #texts = new Map<string, readonly string[]>();

  readonly read = async (path: string): Promise<Uint8Array> => {
    const bytes = await readRegularFile(path);
    this.#texts.set(path, Buffer.from(bytes).toString("latin1").split("\n"));
    return bytes;
  };

  /** The line, and a mark below the column: two lines; "" where there is nothing to show. */
  excerpt({ path, line, column }: CheckedLine, columns: number): string {
    const raw = Buffer.from(this.#texts.get(path)?.[line - 1] ?? "", "latin1").toString();
    if (raw.trim() === "" || column < 1) return "";
    const number = String(line).padStart(6);
    const [begin = "", word = ""] = /^\s*([^\s=]*)\s*=?/.exec(raw) ?? [];
    const open = isOpen(word, path) ? raw : `${begin}…`;
    const text = printable(open.replaceAll("\t", "        ").trimEnd());
    const at = raw.slice(0, column - 1).replaceAll("\t", "        ").length;
    const room = columns - number.length - 3;
    if (at >= Math.min(room, text.length)) return "";
    const shown = text.length > room ? `${text.slice(0, room - 1)}…` : text;
    return `${number} | ${shown}\n${" ".repeat(number.length)} | ${" ".repeat(at)}^\n`;
  }
}
