import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../log/logger.ts";
import { isDirector, isOriginal } from "../process/director.ts";
import { configPlaces, instanceName, instanceOf, pidFilePath } from "../process/instance.ts";
import { readPidFile } from "../process/pid-file.ts";
import { handOverSignal } from "../process/signals.ts";
import { currentFolder } from "./find-file.ts";
import type { RunArguments } from "./invocation.ts";
import { readIni } from "./read-ini.ts";
import { signalDaemon, type Target } from "./signal-daemon.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Tells it to clean the table and end, then waits until it is gone; its pid file goes first.
 * @returns whether it is gone; true when none ran
 * @throws the system's error (EPERM) when it may not be told
 */
export const stopDaemon = (target: Target, log: Logger, timeoutMs: number): Promise<boolean> =>
  endDaemon(target, log, timeoutMs, () => "SIGTERM");

/** The same, and the table stays for the one that is started next. The original would leave its workers behind. */
export const handOverDaemon = (target: Target, log: Logger, timeoutMs: number): Promise<boolean> =>
  endDaemon(target, log, timeoutMs, (pid) => (isOriginal(pid) ? "SIGTERM" : handOverSignal));

async function endDaemon(
  { pidFile }: Target,
  log: Logger,
  timeoutMs: number,
  signalFor: (pid: number) => NodeJS.Signals,
): Promise<boolean> {
  const found = readPidFile(pidFile);
  if (found.state !== "running") return true;
  const { pid } = found;
  signalDaemon(pid, signalFor(pid));
  const deadline = performance.now() + timeoutMs;
  while (isDirector(pid, instanceOf(pidFile))) {
    if (performance.now() > deadline) {
      log.event("stop-unfinished", { pid, seconds: Math.round(timeoutMs / 1000) });
      return false;
    }
    await sleep(20);
  }
  // It removes the file before it ends. Where it is still there, it was killed: `status` is to tell that.
  return true;
}

/** Who has lost the file must still be able to stop its daemon. @returns whether there was one, and it is gone */
export async function stopWithoutFile(
  { config: given }: RunArguments,
  log: Logger,
  terminal: Terminal,
): Promise<boolean> {
  for (const config of configPlaces(given, currentFolder())) {
    const { ini } = await readIni(config);
    const pidFile = pidFilePath(ini.rundir, instanceName(given));
    if (readPidFile(pidFile).state !== "running") continue;
    const isGone = await stopDaemon({ config, pidFile }, log, ini.stopTimeoutMs);
    if (!isGone) terminal.err(notEnded(config, ini.stopTimeoutMs));
    return isGone;
  }
  return false;
}

export const notEnded = (path: string, timeoutMs: number): string =>
  `The ldirectord that runs for ${path} has not ended within ${timeoutMs / 1000} s\n`;
