import { access, constants } from "node:fs/promises";
import type { CommandRunner } from "../programs/runner.ts";
import type { Mail } from "./compose.ts";

/** Where the original looks, in its order: the first that may be run is taken. */
export const mailPrograms: readonly (readonly [string, ...string[]])[] = [
  ["/usr/sbin/sendmail", "-t"],
  ["/usr/lib/sendmail", "-t"],
  ["/usr/ucblib/sendmail", "-t"],
  ["/usr/sbin/qmail-inject"],
  ["/var/qmail/bin/qmail-inject"],
];

const timeoutSec = 60;

/**
 * Hands one mail to the machine's own mail program, which finds the recipients in it.
 * @throws when there is no such program, or it failed
 */
export async function sendByProgram(
  runner: CommandRunner,
  programs: typeof mailPrograms,
  { message }: Mail,
): Promise<void> {
  const argv = await findMailProgram(programs);
  if (argv === undefined) {
    throw new Error(`there is no mail program (${listOf(programs)}); install one, or set smtp=`);
  }
  const command = { kind: "program", argv } as const;
  if (!(await runner.run({ command, timeoutSec, input: message }))) {
    throw new Error(`${argv[0]} did not take it`);
  }
}

/** For people. */
export const listOf = (programs: typeof mailPrograms): string =>
  programs.map(([path]) => path).join(", ");

/** The first that may be run. */
export async function findMailProgram(
  programs: typeof mailPrograms,
): Promise<readonly [string, ...string[]] | undefined> {
  for (const argv of programs) {
    const isThere = await access(argv[0], constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return argv;
  }
  return undefined;
}
