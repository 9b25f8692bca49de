import { loadChecks } from "../../checks/registry.ts";
import { noFileFacts } from "../config/build/file-facts.ts";
import { noLookups } from "../config/names/stand-in-resolver.ts";
import { type Prepared, type PrepareOptions, prepare } from "../daemon/prepare.ts";
import { iniDefaults } from "../ini/sections.ts";
import { createLogger, type RedirectableLogger } from "../log/create-logger.ts";
import { textOf } from "../log/events/events.ts";
import { defaultLog, openJournal } from "../log/open.ts";
import { stackOf } from "../model/error-text.ts";
import { parseArguments } from "../process/arguments.ts";
import { instanceName, pidFilePath } from "../process/instance.ts";
import { readPidFile } from "../process/pid-file.ts";
import { findFile } from "./find-file.ts";
import { type Caller, exitWith, type Invocation, type RunArguments } from "./invocation.ts";
import { logOfBrokenFile, sendLog } from "./log-target.ts";
import { readManual } from "./manual.ts";
import { readIni } from "./read-ini.ts";
import { reloadDaemon } from "./reload.ts";
import { start } from "./start.ts";
import { reportStatus, statusOfOthers, statusUnknown } from "./status.ts";
import { handOverDaemon, notEnded, stopDaemon, stopWithoutFile } from "./stop.ts";
import { showLines } from "./terminal.ts";
import { banner, ownVersion, usage } from "./texts.ts";

/** All that `ldirectord` can be told. @param argv without the program @returns the exit code */
export async function run(argv: readonly string[], caller: Caller): Promise<number> {
  const { out, err } = caller.terminal;
  const args = parseArguments(argv);
  switch (args.kind) {
    case "help":
      out(readManual() ?? usage);
      return 0;
    case "version":
      out(banner(ownVersion(), process.versions.node));
      return 0;
    case "usage":
      for (const complaint of args.complaints) err(`${complaint}\n`);
      out(usage);
      return 255;
    case "run":
      return runCommand(args, caller);
  }
}

/** What stops the work is told in one line, whatever it is; a bug comes with its stack. */
async function runCommand(args: RunArguments, caller: Caller): Promise<number> {
  const { err } = caller.terminal;
  const log = createLogger([], args.isDebug ? { level: "debug" } : {});
  if (args.ignored.length > 0) {
    const hint = args.ignored.some((word) => word.startsWith("-")) ? "; options come first" : "";
    err(`Ignored, behind the command: ${args.ignored.join(" ")}${hint}\n`);
  }
  try {
    return await withFile(args, log, caller);
  } catch (error) {
    const isKnown = error instanceof Error && "code" in error;
    const text = isKnown ? error.message : stackOf(error);
    log.event("config-error", { text: `Error [${process.pid}]: ${text}` });
    if (!args.isDebug) err(`Error [${process.pid}]: ${text}\n`);
    const code = args.command === "status" ? statusUnknown : 1;
    return exitWith(log, code, "Initialisation Error");
  }
}

async function withFile(
  args: RunArguments,
  log: RedirectableLogger,
  caller: Caller,
): Promise<number> {
  const { err } = caller.terminal;
  const instance = instanceName(args.config);
  const { path, cause } = findFile(args.config);
  if (path === undefined) {
    const name = shown(args.config ?? "ldirectord.cf");
    const fields = { name, ...(cause !== undefined && { cause }) };
    const context = { instance, configFile: name };
    sendLog(
      log,
      args,
      { log: defaultLog, isSupervised: false },
      { context, ini: iniDefaults, beside: [] },
    );
    log.event("config-not-found", fields);
    if (!args.isDebug) err(`${textOf("config-not-found", fields)}\n`);
    if (args.command === "stop" && (await stopWithoutFile(args, log, caller.terminal))) return 0;
    return exitWith(log, args.command === "status" ? statusUnknown : 1, "Initialisation Error");
  }

  const { ini, isIniBroken } = await readIni(path);
  const checks = await loadChecks();
  const onlyAsks = args.command === "status" || args.command === "stop";
  const read = await prepare(path, checks, onlyAsks ? withoutLooking : withoutAsking);
  const target = read.ok ? read.config : { log: logOfBrokenFile(path), isSupervised: false };
  const isForeground = args.isDebug || target.isSupervised;
  const context = { instance, configFile: path };
  const journal = openJournal(ini.journal, context, isForeground, (why) =>
    err(`Warning [${process.pid}]: ${why}\n`),
  );
  sendLog(log, args, target, { context, ini, beside: journal === undefined ? [] : [journal] });

  const pidFile = pidFilePath(ini.rundir, instance);
  const mayStop = args.command === "stop" && readPidFile(pidFile).state === "running";
  if (isIniBroken && !read.ok && !mayStop) {
    showLines(caller.terminal, read.problems);
    return args.command === "status" ? 2 : exitWith(log, 2, "config_error: Configuration Error");
  }
  const about = { caller, args, instance, path, pidFile, ini, checks, log, isForeground, journal };
  return obey(about, read);
}

/** What somebody typed, for a terminal. */
const shown = (name: string): string => {
  const line = name.replace(/\p{Cc}/gu, "?");
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
};

const withoutAsking: PrepareOptions = { resolver: noLookups() };

/**
 * Enough for commands that only ask or stop, and they must work in the night in which no name server answers,
 * or the disk of the log has gone read-only.
 */
const withoutLooking: PrepareOptions = { ...withoutAsking, inspectFiles: async () => noFileFacts };

/** @param sketch the file as it stands, nothing that it names being looked at */
async function obey(invocation: Invocation, sketch: Prepared): Promise<number> {
  const { caller, args, log, ini, pidFile, path } = invocation;
  const { command } = args;
  const { terminal } = caller;
  const target = { config: path, pidFile };
  const refuse = () => exitWith(log, 2, "config_error: Configuration Error");

  // What is wrong is told as `start` would tell it, names looked up too.
  const read = sketch.ok ? sketch : await prepare(path, invocation.checks);
  if (!read.ok) showLines(terminal, read.problems);
  if (command === "stop") {
    logInvoked(invocation);
    if (await stopDaemon(target, log, ini.stopTimeoutMs)) return 0;
    terminal.err(notEnded(path, ini.stopTimeoutMs));
    return exitWith(log, 1, "Exiting from ldirectord stop");
  }
  if (command === "status") {
    if (!read.ok) return 2;
    const code = reportStatus(target, log, terminal);
    if (code === 0) await statusOfOthers(invocation, read.config);
    return code;
  }

  if (!read.ok) return refuse();
  logInvoked(invocation);
  const isRunning = readPidFile(pidFile).state === "running";

  if (command === "start" && isRunning && caller.notifySocket !== undefined)
    terminal.err(
      `ldirectord for ${path} is running already, and was not started by this service\n`,
    );
  if (command === "start") return isRunning ? 0 : start(invocation, read);
  if (command === "try-restart" && !isRunning) return 0;

  // Looked up now: a daemon must not be stopped for a file that cannot be started.
  const whole = await prepare(path, invocation.checks);
  if (!whole.ok) {
    showLines(terminal, whole.problems);
    return refuse();
  }
  if (command === "reload" || command === "force-reload") {
    const code = reloadDaemon(target, log, terminal);
    return code === 0 ? 0 : exitWith(log, code, `Exiting from ldirectord ${command}`);
  }
  if (!(await handOverDaemon(target, log, ini.stopTimeoutMs))) {
    terminal.err(`The ldirectord that runs for ${path} has not ended: it is not started again\n`);
    return exitWith(log, 1, `Exiting from ldirectord ${command}`);
  }
  return start(invocation);
}

/** Not for `status`, which cluster managers ask every few seconds. */
function logInvoked({ caller, args, log }: Invocation): void {
  if (caller.isDaemonToBe) return;
  log.event("daemon-invoked", { commandLine: [caller.program, ...args.words].join(" ") });
}
