import type { CheckRegistry } from "../../checks/registry.ts";
import type { IniSettings } from "../ini/sections.ts";
import type { RedirectableLogger } from "../log/create-logger.ts";
import type { LogSink } from "../log/record.ts";
import type { Arguments } from "../process/arguments.ts";
import type { NotifySocket } from "../process/service-manager.ts";
import type { Terminal } from "./terminal.ts";

export type RunArguments = Extract<Arguments, { kind: "run" }>;

/** The process that a command runs in. */
export interface Caller {
  /** The script, as it was called. */
  readonly program: string;
  /** What a thread that checks runs. */
  readonly threadProgram?: URL;
  readonly terminal: Terminal;
  /** A command has started it to become the daemon, and waits for its report. */
  readonly isDaemonToBe: boolean;
  /** There when systemd has started us and waits to hear that we run. */
  readonly notifySocket: NotifySocket | undefined;
  /** Whoever waits for the daemon hears that it is there, and what it had to say. */
  readonly reportReady: () => Promise<void>;
}

/** One command about one daemon. */
export interface Invocation {
  readonly caller: Caller;
  readonly args: RunArguments;
  readonly instance: string;
  /** Resolved, absolute. */
  readonly path: string;
  readonly pidFile: string;
  readonly ini: IniSettings;
  readonly checks: CheckRegistry;
  readonly log: RedirectableLogger;
  /** -d or `supervised`: no fork, no pid file, and the log is the terminal's. */
  readonly isForeground: boolean;
  readonly journal: LogSink | undefined;
}

/** How this program is started. */
export const programOf = ({ program }: Caller): [string, ...string[]] => [
  process.execPath,
  ...process.execArgv,
  program,
];

/** Says why the log ends here. @returns `exitStatus` */
export function exitWith(log: RedirectableLogger, exitStatus: number, cause: string): number {
  log.event("daemon-exiting", { exitStatus, cause });
  return exitStatus;
}
