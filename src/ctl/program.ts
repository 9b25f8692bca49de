/** ldirectorctl's command line: one command a file beside this. */
import { Command, CommanderError } from "commander";
import { ownVersion } from "../commands/texts.ts";
import { type CheckOptions, check } from "./check.ts";
import type { Screen } from "./screen.ts";

/** sysexits.h EX_USAGE: the command line makes no sense. No command ends so for what it found. */
const usageExitCode = 64;

/** @param argv without the program @returns the exit code */
export async function runCtl(argv: readonly string[], screen: Screen): Promise<number> {
  let exitCode = 0;
  const program = new Command("ldirectorctl")
    .description("Asks and steers ldirectord-ng.")
    .option("-c, --config <file>", "the ldirectord.cf, looked for as ldirectord does")
    .version(ownVersion(), "-v, --version")
    .configureHelp({ helpWidth: screen.columns ?? 80 })
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: screen.out, writeErr: screen.err });

  program
    .command("check")
    .argument("[file]", "the ldirectord.cf; the ldirectord-ng.ini beside it is read with it")
    .option("--json", "for editors and CI: a list of files, each with what was found")
    .description("tells all that is wrong or doubtful in a file, and changes nothing")
    .addHelpText("after", "\nExit: 0 fine, 1 warnings, 2 mistakes, 64 wrong command line.")
    .action(async (file: string | undefined, _options: unknown, command: Command) => {
      exitCode = await check(file, command.optsWithGlobals<CheckOptions>(), screen);
    });

  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : usageExitCode;
  }
}
