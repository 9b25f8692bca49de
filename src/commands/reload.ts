import type { Logger } from "../log/logger.ts";
import { readPidFile } from "../process/pid-file.ts";
import { signalDaemon, type Target } from "./signal-daemon.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Has it read its configuration again. It does so when it can, and logs what comes of it.
 * @returns the exit code
 */
export function reloadDaemon(
  { config, pidFile }: Target,
  log: Logger,
  { out, err }: Terminal,
): number {
  const found = readPidFile(pidFile);
  if (found.state === "running") {
    signalDaemon(found.pid, "SIGHUP");
    out(`ldirectord for ${config} reads it again, pid: ${found.pid}\n`);
    return 0;
  }
  err(`ldirectord is stopped for ${config}\n`);
  log.event("daemon-stopped", { path: config });
  return 1;
}
