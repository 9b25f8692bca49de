import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../log/logger.ts";
import { isDirector, type PidFile, readPidFile } from "./pid-file.ts";

/** The daemon that a command is about. */
export interface Target {
  /** Resolved. */
  readonly config: string;
  readonly pidFile: string;
}

export interface Voice {
  readonly log: Logger;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/**
 * SIGTERM, then waits until it is gone; its pid file goes first.
 * @returns whether it is gone; true when none ran
 * @throws the system's error (EPERM) when it may not be told
 */
export async function stopDaemon(
  { pidFile }: Target,
  { log }: Voice,
  timeoutMs: number,
): Promise<boolean> {
  const found = readPidFile(pidFile);
  if (found.state !== "running") return true;
  const { pid } = found;
  tell(pid, "SIGTERM");
  const deadline = performance.now() + timeoutMs;
  while (isDirector(pid)) {
    if (performance.now() > deadline) {
      log.event("stop-unfinished", { pid, seconds: Math.round(timeoutMs / 1000) });
      return false;
    }
    await sleep(20);
  }
  // It removes the file before it ends. Where it is still there, it was killed: `status` is to tell that.
  return true;
}

/** @returns the exit code */
export function reloadDaemon({ config, pidFile }: Target, { log }: Voice): number {
  const found = readPidFile(pidFile);
  if (found.state === "running") {
    tell(found.pid, "SIGHUP");
    return 0;
  }
  log.event("daemon-stopped", { path: config });
  return 1;
}

/**
 * Says whether it runs: to standard error when it does, to standard output when it does not, as scripts
 * know it. It is asked every few seconds by cluster managers, so only what is wrong goes to the log.
 * @returns the exit code
 */
export function reportStatus({ config, pidFile }: Target, { log, out, err }: Voice): number {
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

/** One that is gone by now needs to be told nothing. */
function tell(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ESRCH") return;
    const message = `${signal} cannot be sent to process ${pid}: ${code}`;
    throw Object.assign(new Error(message, { cause }), { code });
  }
}
