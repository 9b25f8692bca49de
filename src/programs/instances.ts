import type { CommandRunner } from "./runner.ts";

/** `execute`: the other instances that this one starts and stops. They are run one after the other. */
export interface Instances {
  start(names: readonly string[]): Promise<void>;
  stop(names: readonly string[]): Promise<void>;
  /** Their lines appear on our own terminal. */
  status(names: readonly string[]): Promise<void>;
  /** New ones are started, those no longer named are stopped, the rest reload, or start if they do not run. */
  change(before: readonly string[], after: readonly string[]): Promise<void>;
}

/** A stop waits for a clean table, and so does this. */
const timeoutSec = 60;

/** @param program how this very program is started: never looked up in the current folder or in PATH */
export function createInstances(
  runner: CommandRunner,
  program: readonly [string, ...string[]],
): Instances {
  const run = (name: string, command: string, output?: "inherit") =>
    runner.run({
      // One that begins with "-" is a name here, not an option.
      command: { kind: "program", argv: [...program, "--", name, command] },
      // As log watchers know it: without what runs the program.
      shown: [program.at(-1), name, command].join(" "),
      timeoutSec,
      isOwn: true,
      ...(output !== undefined && { output }),
    });
  const all = async (names: readonly string[], command: string, output?: "inherit") => {
    for (const name of names) await run(name, command, output);
  };

  return {
    start: (names) => all(names, "start"),
    stop: (names) => all(names, "stop"),
    status: (names) => all(names, "status", "inherit"),
    async change(before, after) {
      await all(
        before.filter((name) => !after.includes(name)),
        "stop",
      );
      for (const name of after) {
        const isReloaded = before.includes(name) && (await run(name, "reload"));
        if (!isReloaded) await run(name, "start");
      }
    },
  };
}
