/** `ldirectorctl simulate`: what would happen, in a time and a table of its own. Changes nothing. */
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { type CheckRegistry, loadChecks } from "../../../checks/registry.ts";
import { findFile } from "../../commands/find-file.ts";
import { readRegularFile } from "../../config/read-file.ts";
import { suggestion } from "../../config/text/suggestion.ts";
import { checksASecond, prepare, type Ready } from "../../daemon/prepare.ts";
import { formatEndpoint } from "../../model/address.ts";
import { messageOf } from "../../model/error-text.ts";
import { printable } from "../../model/one-line.ts";
import { clockText, lengthText } from "../../simulate/duration.ts";
import { parseScript, type Script, type ScriptProblem } from "../../simulate/script.ts";
import { type Happening, type Story, simulate } from "../../simulate/simulation.ts";
import { isNamed } from "../../simulate/watch.ts";
import type { CtlCommand, SharedOptions } from "../command.ts";
import { mistakesText } from "../mistakes.ts";
import { coloured, type Screen, wrapped } from "../screen.ts";
import { tableLines } from "../table-text.ts";

interface SimulateOptions extends SharedOptions {
  readonly json?: boolean;
}

export const simulateCommand: CtlCommand = (program, { screen, finish }) => {
  program
    .command("simulate")
    .argument("<file>", "the ldirectord.cf; the ldirectord-ng.ini beside it is read with it")
    .argument("<script>", "what befalls the servers, and when")
    .option("--json", "for scripts: the story as one object")
    .description("tells what would happen if servers failed so; asks no server, waits for nothing")
    .addHelpText(
      "after",
      "\nExit: 0 fine, 1 a service had nobody for a while, 2 mistakes in file or script, 64 wrong command line.",
    )
    .action(async (file: string, script: string, _options: unknown, command: Command) => {
      const { json = false } = command.optsWithGlobals<SimulateOptions>();
      finish(await run(file, script, json, screen));
    });
};

const exitCodes = { fine: 0, nobody: 1, mistakes: 2 } as const;

/** The longest script, in bytes. */
const maxScriptBytes = 1024 * 1024;
/** So many checks take a minute or so. */
const maxChecks = 20_000_000;

/** @returns the exit code */
async function run(
  given: string,
  scriptPath: string,
  isJson: boolean,
  screen: Screen,
): Promise<number> {
  const checks = await loadChecks();
  const { path } = findFile(given);
  const first = path === undefined ? undefined : await ready(path, checks, screen);
  if (path === undefined) screen.err(`Config file ${printable(given)} not found\n`);
  const script = await readScript(scriptPath, screen);
  if (first === undefined || script === undefined) return exitCodes.mistakes;
  const files = new Map<string, Ready>();
  const problems: ScriptProblem[] = [];
  for (const { act, line, column } of script.steps) {
    if (act.kind !== "reload" || files.has(act.file)) continue;
    const next = await ready(resolve(dirname(scriptPath), act.file), checks, screen);
    if (next !== undefined) files.set(act.file, next);
    else problems.push({ line, column, message: `reload ${act.file}: it cannot be taken up` });
  }
  problems.push(...strangers(script, [first, ...files.values()]), ...tooLong(script, first));
  if (problems.length > 0) {
    screen.err(problemLines(scriptPath, problems));
    return exitCodes.mistakes;
  }

  const story = await simulate(first, script, files);
  if (isJson) screen.out(`${JSON.stringify({ version: 1, ...story }, undefined, 2)}\n`);
  else screen.out(storyText(story, screen));
  return story.outages.length > 0 ? exitCodes.nobody : exitCodes.fine;
}

async function ready(
  path: string,
  checks: CheckRegistry,
  screen: Screen,
): Promise<Ready | undefined> {
  const prepared = await prepare(path, checks);
  if (prepared.ok) return prepared;
  screen.err(mistakesText(prepared.found));
  return undefined;
}

async function readScript(path: string, screen: Screen): Promise<Script | undefined> {
  try {
    const bytes = await readRegularFile(path);
    if (bytes.length > maxScriptBytes) throw new Error(`it has more than ${maxScriptBytes} bytes`);
    const script = parseScript(bytes.toString());
    if (script.ok) return script.value;
    screen.err(problemLines(path, script.error));
  } catch (error) {
    screen.err(`${printable(`${path}: ${messageOf(error)}`)}\n`);
  }
  return undefined;
}

const problemLines = (path: string, problems: readonly ScriptProblem[]): string =>
  problems
    .map(({ line, column, message }) => `${printable(`${path}:${line}:${column}: ${message}`)}\n`)
    .join("");

/** Servers that no file names: a slip, for nothing would come of it. */
function strangers({ steps }: Script, files: readonly Ready[]): readonly ScriptProblem[] {
  const reals = files.flatMap(({ config }) =>
    config.virtuals.flatMap((virtual) => virtual.reals.map(({ endpoint }) => endpoint)),
  );
  const known = new Set(reals.map(formatEndpoint));
  return steps.flatMap(({ act, line, column, text }) => {
    if (act.kind === "reload" || reals.some((real) => isNamed(act.real, real))) return [];
    const name = text.replace(/^maintenance /, "").split(" ")[0] ?? "";
    const some = [...known].slice(0, 5).join(", ");
    const hint = suggestion(name, known) || `; there are ${some}${known.size > 5 ? ", …" : ""}`;
    return [{ line, column, message: `no real= line names ${name}${hint}` }];
  });
}

function tooLong({ until }: Script, ready: Ready): readonly ScriptProblem[] {
  const checks = (checksASecond(ready) * until) / 1000;
  if (checks <= maxChecks) return [];
  return [
    {
      line: 1,
      column: 1,
      message: `until: ${Math.ceil(checks)} checks are too many to simulate; ${maxChecks} is the most`,
    },
  ];
}

function storyText({ timeline, outages, table, checks, lengthMs }: Story, screen: Screen): string {
  const ends = outages.map(
    ({ virtual, from, to }) =>
      `${virtual} had nobody for ${lengthText((to ?? lengthMs) - from)}, from ${clockText(from)} on${to === undefined ? " to the end" : ""}`,
  );
  const lines = [
    ...timeline.map((each) => happeningLine(each, screen)),
    `${clockText(lengthMs)}  the end, after ${checks} checks; the table:`,
    ...tableLines(table).map((line) => `  ${line}`),
    ...ends.map((line) => coloured(screen, "red", line)),
  ];
  return lines.map((line) => `${wrapped(screen, line, "         ")}\n`).join("");
}

function happeningLine({ at, what, text }: Happening, screen: Screen): string {
  const said = printable(what === "script" ? `-- ${text}` : text);
  if (what === "nobody" || what === "service-down") {
    return `${clockText(at)}  ${coloured(screen, "red", said)}`;
  }
  if (what === "real-failed") return `${clockText(at)}  ${coloured(screen, "yellow", said)}`;
  return `${clockText(at)}  ${said}`;
}
