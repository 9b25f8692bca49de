import { access, constants } from "node:fs/promises";
import type { CommandRunner } from "./runner.ts";

/** Nothing waits for it; the limit is for one that hangs. */
const timeoutSec = 120;

/**
 * `callback`, told that the file has changed: it typically copies it to the other director. One that is not
 * there or not executable just now is left out, silently.
 * @param path of the configuration file: the callback's one argument
 */
export async function runCallback(
  runner: CommandRunner,
  callback: string,
  path: string,
): Promise<void> {
  try {
    await access(callback, constants.X_OK);
  } catch {
    return;
  }
  const line = [callback, path].map(quoted).join(" ");
  await runner.run({ command: { kind: "shell", line }, timeoutSec });
}

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
