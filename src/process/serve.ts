import { writeFileSync } from "node:fs";
import { PidFileError } from "../errors.ts";
import type { Logger } from "../log/logger.ts";
import { stackOf } from "../model/error-text.ts";
import { claimPidFile, releasePidFile } from "./pid-file.ts";
import type { ServiceManager } from "./service-manager.ts";
import { catchSignals } from "./signals.ts";

/** What this file needs of the daemon. */
interface Served {
  /**
   * Reads the configuration again; one at a time. Never rejects: a file with a mistake is logged, and the old
   * one runs on. A `stop` meanwhile does not wait for it.
   */
  reload(reason: "signal"): Promise<unknown>;
  /** The orderly end. @param signal `TERM`, for the log */
  stop(signal: string): Promise<void>;
  /** The same, and the table stays for the one that comes next. */
  handOver(signal: string): Promise<void>;
}

export interface ServeOptions {
  readonly log: Logger;
  /** Undefined for one that leaves no pid file: -d and supervised. */
  readonly pidFile?: string;
  /** Builds and starts the daemon. Whatever it rejects with ends the program before it began. */
  readonly start: () => Promise<Served>;
  /** It runs, or another one does. */
  readonly onReady: () => Promise<void>;
  /** Is told of the service's life, and only of ours. */
  readonly manager?: Pick<ServiceManager, "ready" | "reloading" | "stopping">;
}

/** The exit code of one that died of a mistake in the program. */
const bugExitCode = 255;

/**
 * The life of a daemon in this process: pid file, signals, end.
 * @returns the exit code
 * @throws PidFileError, or what `start` rejects with
 */
export async function serve({
  log,
  pidFile,
  start,
  onReady,
  manager,
}: ServeOptions): Promise<number> {
  nameProcess();
  const bug = whenBuggy(log);
  const signals = catchSignals(log);
  // Neither signals nor promises keep a process from ending when nothing else is to be done.
  const alive = setInterval(() => {}, 2 ** 31 - 1);
  try {
    if (pidFile !== undefined) {
      const claim = await claimPidFile(pidFile).catch((cause: NodeJS.ErrnoException) => {
        log.event("daemon-pid-file-failed", { pidFile });
        throw new PidFileError(`Can not open ${pidFile}: ${cause.message}`, { cause });
      });
      if (claim.kind === "running") {
        await onReady();
        return 0;
      }
    }
    let served: Served;
    try {
      served = await start();
    } catch (error) {
      if (pidFile !== undefined) releasePidFile(pidFile);
      throw error;
    }
    await onReady();
    manager?.ready();
    // After a bug the table stays as it is, and so does the pid file: `status` then tells of a crash.
    return await Promise.race([bug, live()]);

    async function live(): Promise<number> {
      for (;;) {
        const wish = await signals.next();
        if (wish.kind === "reload") {
          manager?.reloading();
          void served.reload("signal").then(() => manager?.ready());
        } else {
          manager?.stopping();
          await (wish.isHandOver ? served.handOver(wish.signal) : served.stop(wish.signal));
          if (pidFile !== undefined) releasePidFile(pidFile);
          return 0;
        }
      }
    }
  } finally {
    clearInterval(alive);
    signals.close();
  }
}

/** Resolves when an exception was caught by nobody. */
function whenBuggy(log: Logger): Promise<number> {
  return new Promise((resolve) => {
    const report = (error: unknown) => {
      const stack = stackOf(error);
      log.event("internal-error", { stack });
      log.event("daemon-exiting", { exitStatus: bugExitCode, cause: "internal error" });
      resolve(bugExitCode);
    };
    process.on("uncaughtException", report);
    process.on("unhandledRejection", report);
  });
}

/** What ps, pgrep, pidof and killall call us: `node` would be of no help to anybody. */
function nameProcess(): void {
  try {
    writeFileSync("/proc/self/comm", "ldirectord");
  } catch {
    // No /proc: then it stays node.
  }
}
