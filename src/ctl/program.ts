/** ldirectorctl's command line: one command a file in commands/. */
import { Command, CommanderError } from "commander";
import { ownVersion } from "../commands/texts.ts";
import type { CtlCommand } from "./command.ts";
import { alertCommand } from "./commands/alert.ts";
import { checkCommand } from "./commands/check.ts";
import { compareCommand } from "./commands/compare.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { drainCommand, undrainCommand } from "./commands/drain.ts";
import { eventsCommand } from "./commands/events.ts";
import { explainCommand } from "./commands/explain.ts";
import { healthCommand } from "./commands/health.ts";
import { importCommand } from "./commands/import.ts";
import { connectionsCommand } from "./commands/kernel/connections.ts";
import { saveCommand } from "./commands/kernel/save.ts";
import { rateCommand, statsCommand } from "./commands/kernel/stats.ts";
import { syncCommand } from "./commands/kernel/sync.ts";
import { timeoutsCommand } from "./commands/kernel/timeouts.ts";
import { maintenanceCommand } from "./commands/maintenance.ts";
import { planCommand } from "./commands/plan.ts";
import { reloadCommand } from "./commands/reload.ts";
import { simulateCommand } from "./commands/simulate.ts";
import { statusCommand } from "./commands/status.ts";
import { weightCommand } from "./commands/weight.ts";
import type { Screen } from "./screen.ts";

/** In the order in which --help tells them. */
const commands: readonly CtlCommand[] = [
  statusCommand,
  healthCommand,
  explainCommand,
  checkCommand,
  planCommand,
  simulateCommand,
  drainCommand,
  undrainCommand,
  maintenanceCommand,
  weightCommand,
  reloadCommand,
  eventsCommand,
  alertCommand,
  statsCommand,
  rateCommand,
  connectionsCommand,
  saveCommand,
  syncCommand,
  timeoutsCommand,
  importCommand,
  compareCommand,
  doctorCommand,
];

/** sysexits.h EX_USAGE: the command line makes no sense. No command ends so for what it found. */
const usageExitCode = 64;

/** The whole command line. @param finish see CtlContext */
export function ctlProgram(screen: Screen, finish: (exitCode: number) => void): Command {
  const program = new Command("ldirectorctl")
    .description("Asks and steers ldirectord-ng.")
    .option("-c, --config <file>", "the ldirectord.cf, looked for as ldirectord does")
    .version(ownVersion(), "-v, --version")
    .configureHelp({ helpWidth: screen.columns ?? 80 })
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: screen.out, writeErr: screen.err });
  for (const addTo of commands) addTo(program, { screen, finish });
  return program;
}

/** @param argv without the program @returns the exit code */
export async function runCtl(argv: readonly string[], screen: Screen): Promise<number> {
  let exitCode = 0;
  const program = ctlProgram(screen, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : usageExitCode;
  }
}
