/** `ldirectorctl import`: a keepalived.conf as our two files, and what they can not say. */
import { linkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import type { Finding } from "../../keepalived/finding.ts";
import { type ImportedConf, importConf } from "../../keepalived/import-conf.ts";
import { messageOf } from "../../model/error-text.ts";
import { oneLine, printable } from "../../model/one-line.ts";
import type { CtlCommand } from "../command.ts";
import { coloured, type Screen, wrapped } from "../screen.ts";

interface ImportOptions {
  readonly out?: string;
  readonly json?: boolean;
}

export const importCommand: CtlCommand = (program, { screen, finish }) => {
  program
    .command("import")
    .argument("<file>", "the keepalived.conf; what it includes is read with it")
    .option("--out <folder>", "write the files there, where none of them may be")
    .option("--json", "for programs: the files' text, and what they can not say")
    .description("makes a keepalived.conf an ldirectord.cf, and tells what that can not say")
    .addHelpText(
      "after",
      "\nExit: 0 all is said, 1 something is not, 2 nothing to import or not written, 64 wrong command line.",
    )
    .action(async (file: string, _options: unknown, command: Command) => {
      finish(await importFile(file, command.opts<ImportOptions>(), screen));
    });
};

const exitCodes = { allSaid: 0, notAllSaid: 1, none: 2 } as const;
const fileNames = { cf: "ldirectord.cf", ini: "ldirectord-ng.ini" } as const;

/** @returns the exit code */
async function importFile(
  path: string,
  { out, json = false }: ImportOptions,
  screen: Screen,
): Promise<number> {
  const fail = (why: string): number => {
    screen.err(`${printable(why)}\n`);
    return exitCodes.none;
  };
  let imported: ImportedConf;
  try {
    imported = await importConf(path, { configId: hostname().replace(/\..*/s, "") });
  } catch (error) {
    return fail(`${path} can not be read: ${messageOf(error)}`);
  }
  const { found, more, virtualServices } = imported;
  if (json) screen.out(`${JSON.stringify(asJson(imported), undefined, 2)}\n`);
  else screen.err(foundText(imported, screen));
  if (virtualServices === 0) return fail(`${path}: no virtual service came of it`);
  const files = filesOf(imported);
  if (out !== undefined) {
    const trouble = writeAll(out, files);
    if (trouble !== undefined) return fail(trouble);
  } else if (!json) {
    screen.out(files.map(([name, text]) => `# ==> ${name} <==\n${text}`).join("\n"));
  }
  return more > 0 || found.some(({ kind }) => kind === "lost")
    ? exitCodes.notAllSaid
    : exitCodes.allSaid;
}

type NamedFile = readonly [name: string, text: string];

const filesOf = ({ cf, ini }: ImportedConf): readonly NamedFile[] => [
  [fileNames.cf, cf],
  ...(ini === undefined ? [] : [[fileNames.ini, ini] as const]),
];

/** Each whole, and none over one that is there. @returns what was in the way */
function writeAll(folder: string, files: readonly NamedFile[]): string | undefined {
  const paths = files.map(([name]) => join(folder, name));
  try {
    const there = paths.find((path) => statSync(path, { throwIfNoEntry: false }) !== undefined);
    if (there !== undefined) return `${there} is there already, and nothing was written`;
    for (const [name, text] of files) writeWhole(join(folder, name), text);
  } catch (error) {
    return `it can not be written: ${messageOf(error)}`;
  }
  return undefined;
}

/** A link, unlike a rename, takes nobody's place. */
function writeWhole(path: string, text: string): void {
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, text, { flag: "wx" });
  try {
    linkSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

const asJson = ({ cf, ini, found, more, virtualServices }: ImportedConf) => ({
  version: 1,
  virtualServices,
  files: { [fileNames.cf]: cf, ...(ini !== undefined && { [fileNames.ini]: ini }) },
  notSaid: found.filter(({ kind }) => kind === "lost").map(shownFinding),
  otherwise: found.filter(({ kind }) => kind === "differs").map(shownFinding),
  more,
});

const shownFinding = ({ file, line, what, meaning, near }: Finding) => ({
  path: printable(file),
  line,
  what: oneLine(what),
  meaning: printable(meaning),
  ...(near !== undefined && { near: printable(near) }),
});

/** What is the same in many lines is told of the first. */
function foundText({ found, more }: ImportedConf, screen: Screen): string {
  const groups = new Map<string, Finding[]>();
  for (const each of found) {
    const key = JSON.stringify([each.kind, /^\S*/.exec(each.what)?.[0], each.meaning, each.near]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [each]);
    else group.push(each);
  }
  const texts = [...groups.values()].map((group) => groupText(group, screen));
  return [...texts, ...(more > 0 ? [`… and ${more} more\n`] : [])].join("");
}

function groupText([first, ...others]: readonly Finding[], screen: Screen): string {
  if (first === undefined) return "";
  const { kind, file, line, what, meaning, near } = first;
  const word =
    kind === "lost" ? coloured(screen, "red", "not said") : coloured(screen, "yellow", "otherwise");
  const lines = new Set(others.map((each) => `${each.file}:${each.line}`));
  lines.delete(`${file}:${line}`);
  const also =
    lines.size === 0
      ? ""
      : ` (and so in ${lines.size} more ${lines.size === 1 ? "line" : "lines"})`;
  const place = printable(`${file}:${line}`);
  const told = `${place}: ${word}: ${oneLine(what)}: ${printable(meaning)}${also}`;
  const hint =
    near === undefined ? "" : `${wrapped(screen, `    near: ${printable(near)}`, "      ")}\n`;
  return `${wrapped(screen, told)}\n${hint}`;
}
