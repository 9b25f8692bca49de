import type { Command } from "commander";
import { connect, type DaemonClient, NoDaemon, noDaemonExitCode, Refused } from "./client.ts";
import type { CtlContext, SharedOptions } from "./command.ts";

/** Every command that speaks to the daemon ends so when it refuses. */
const refusedExitCode = 1;

/**
 * The action of a command that speaks to the daemon: connects, and what goes wrong is said in a line.
 * @param act gives the exit code
 */
export const withDaemon =
  <O extends SharedOptions>(
    { screen, finish }: CtlContext,
    act: (
      daemon: DaemonClient,
      options: O,
      words: readonly (string | undefined)[],
    ) => Promise<number>,
  ) =>
  async (...given: readonly unknown[]): Promise<void> => {
    const command = given.at(-1) as Command;
    const words = given.slice(0, -2) as readonly (string | undefined)[];
    const options = command.optsWithGlobals<O>();
    let daemon: DaemonClient | undefined;
    try {
      daemon = await connect(options.config);
      finish(await act(daemon, options, words));
    } catch (error) {
      if (error instanceof NoDaemon) {
        screen.err(`${error.message}\n`);
        finish(noDaemonExitCode);
      } else if (error instanceof Refused) {
        screen.err(`${error.message}\n`);
        finish(refusedExitCode);
      } else throw error;
    } finally {
      await daemon?.close();
    }
  };
