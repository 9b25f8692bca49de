import type { Config } from "../config/config.ts";
import type { Logger } from "../log/logger.ts";
import { type PidFile, readPidFile } from "../process/pid-file.ts";
import { createInstances } from "../programs/instances.ts";
import { createCommandRunner } from "../programs/runner.ts";
import { type Invocation, programOf } from "./invocation.ts";
import type { Target } from "./signal-daemon.ts";
import type { Terminal } from "./terminal.ts";

/** LSB: the init script's exit code of a status that could not be found out. */
export const statusUnknown = 4;

/**
 * Says whether it runs: to standard error when it does, to standard output when it does not, as scripts
 * know it. It is asked every few seconds by cluster managers, so only what is wrong goes to the log.
 * @returns the exit code
 */
export function reportStatus(
  { config, pidFile }: Target,
  log: Logger,
  { out, err }: Terminal,
): number {
  const found: PidFile = readPidFile(pidFile);
  if (found.state === "running") {
    err(`ldirectord for ${config} is running with pid: ${found.pid}\n`);
    return 0;
  }
  if (found.state === "stale") {
    err(`ldirectord stale pid file ${pidFile} for ${config}\n`);
    log.event("daemon-stale-pid", { pidFile, path: config });
  }
  out(`ldirectord is stopped for ${config}\n`);
  return found.state === "stale" ? 1 : 3;
}

/** `execute` may name instances that name us: how deep we are. */
const depthName = "LDIRECTORD_NG_STATUS_DEPTH";

export async function statusOfOthers(
  { log, caller }: Invocation,
  { execute }: Config,
): Promise<void> {
  const depth = Number(process.env[depthName] ?? 0);
  if (execute.length === 0 || depth > 3) return;
  process.env[depthName] = String(depth + 1);
  const runner = createCommandRunner({ logger: log });
  await createInstances(runner, programOf(caller)).status(execute);
}
