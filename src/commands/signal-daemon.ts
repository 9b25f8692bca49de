/** The daemon that a command is about. */
export interface Target {
  /** Resolved. */
  readonly config: string;
  readonly pidFile: string;
}

/**
 * One that is gone by now needs to be told nothing.
 * @throws Error with the system's `code` (EPERM) when it may not be told
 */
export function signalDaemon(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ESRCH") return;
    const message = `${signal} cannot be sent to process ${pid}: ${code}`;
    throw Object.assign(new Error(message, { cause }), { code });
  }
}
