/** `ldirectorctl plan`: what a file would change, were it taken up now. Changes nothing. */
import type { Command } from "commander";
import { loadChecks } from "../../../checks/registry.ts";
import { findFile } from "../../commands/find-file.ts";
import { prepare, type Ready } from "../../daemon/prepare.ts";
import type { TableRow } from "../../ipvs/ipvs.ts";
import { lookAtKernel } from "../../ipvs/look-at-kernel.ts";
import { printable } from "../../model/one-line.ts";
import { planStart } from "../../plan/from-now.ts";
import type { Plan } from "../../plan/plan.ts";
import type { CtlCommand, SharedOptions } from "../command.ts";
import { mistakesText } from "../mistakes.ts";
import { planText } from "../plan-text.ts";
import type { Screen } from "../screen.ts";

interface PlanOptions extends SharedOptions {
  readonly json?: boolean;
}

export const planCommand: CtlCommand = (program, { screen, finish }) => {
  program
    .command("plan")
    .argument("[file]", "the ldirectord.cf; the ldirectord-ng.ini beside it is read with it")
    .option("--json", "for scripts: the plan as one object")
    .description(
      "tells what a file would change in the table and in what is done, and changes nothing",
    )
    .addHelpText(
      "after",
      "\nExit: 0 nothing would change, 1 error, 2 changes, 64 wrong command line.",
    )
    .action(async (file: string | undefined, _options: unknown, command: Command) => {
      finish(await plan(file, command.optsWithGlobals<PlanOptions>(), screen));
    });
};

const exitCodes = { same: 0, error: 1, changes: 2 } as const;

/** @returns the exit code */
async function plan(
  given: string | undefined,
  { json = false, config }: PlanOptions,
  screen: Screen,
): Promise<number> {
  const name = given ?? config;
  const { path, cause } = findFile(name);
  if (path === undefined) {
    const why = cause === undefined ? "" : `: ${cause}`;
    screen.err(`Config file ${printable(name ?? "ldirectord.cf")} not found${why}\n`);
    return exitCodes.error;
  }
  const next = await prepare(path, await loadChecks());
  if (!next.ok) {
    screen.err(mistakesText(next.found));
    return exitCodes.error;
  }
  const { made, notes } = await planOfStart(next);
  if (json) screen.out(`${JSON.stringify({ version: 1, ...made }, undefined, 2)}\n`);
  else screen.out(planText(made, notes, screen));
  return made.changes.length > 0 ? exitCodes.changes : exitCodes.same;
}

interface Made {
  readonly made: Plan;
  readonly notes: readonly string[];
}

async function planOfStart(next: Ready): Promise<Made> {
  const { rows, note } = await tableOf(next);
  return {
    made: await planStart(next, rows),
    notes: ["No daemon of ours runs for it: this is what a start would do", ...note],
  };
}

async function tableOf({ ini }: Ready): Promise<{
  readonly rows: readonly TableRow[];
  readonly note: readonly string[];
}> {
  if (ini.backend === "embedded") return { rows: [], note: [] };
  const rows = await lookAtKernel();
  return rows === undefined
    ? { rows: [], note: ["Module ip_vs is not loaded: the table is taken as empty"] }
    : { rows, note: [] };
}
