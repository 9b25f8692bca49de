#!/usr/bin/env node
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { type CheckRegistry, loadChecks } from "../checks/registry.ts";
import type { Config, LogTarget } from "./config/config.ts";
import { report, type Told } from "./config/diagnostics.ts";
import { noFileFacts } from "./config/files.ts";
import { iniDefaults, iniPath, loadIni, type NgIni } from "./config/ng-ini.ts";
import { parse } from "./config/parse.ts";
import type { Daemon } from "./daemon.ts";
import { EmbeddedIpvs } from "./ipvs/embedded-ipvs.ts";
import { openKernelIpvs } from "./ipvs/open-kernel.ts";
import { createLogger, type RedirectableLogger } from "./log/create-logger.ts";
import { defaultLog, openJournal, openLog } from "./log/open.ts";
import type { Destination } from "./log/record.ts";
import { stderrDestination, supervisedDestination, writeToStderr } from "./log/stream.ts";
import { openUnixDatagram } from "./native/unix-datagram.ts";
import { createCommandRunner } from "./notify/command.ts";
import { createInstances } from "./notify/instances.ts";
import {
  createServiceManager,
  type Invitation,
  type ServiceManager,
  takeInvitation,
} from "./notify/service-manager.ts";
import { serviceStatus } from "./notify/service-status.ts";
import { type Prepared, type PrepareOptions, prepare } from "./prepare.ts";
import { type Arguments, parseArguments } from "./process/arguments.ts";
import { print } from "./process/console.ts";
import { reloadDaemon, reportStatus, stopDaemon, type Voice } from "./process/control.ts";
import { startDetached, takeParentLink } from "./process/detach.ts";
import { configPlaces, findConfig, instanceName, pidFilePath } from "./process/instance.ts";
import { leave } from "./process/leave.ts";
import { readManual } from "./process/manual.ts";
import { noLookups } from "./process/no-lookups.ts";
import { readPidFile } from "./process/pid-file.ts";
import { serve } from "./process/serve.ts";
import { banner, originalVersion, usage } from "./process/texts.ts";

type RunArguments = Extract<Arguments, { kind: "run" }>;

/** One command about one daemon. */
interface Invocation {
  readonly args: RunArguments;
  readonly instance: string;
  /** Resolved, absolute. */
  readonly path: string;
  readonly pidFile: string;
  readonly ini: NgIni;
  readonly checks: CheckRegistry;
  readonly log: RedirectableLogger;
  /** -d or `supervised`: no fork, no pid file, and the log is the terminal's. */
  readonly isForeground: boolean;
  readonly journal: Destination | undefined;
}

const program = process.argv[1] ?? "ldirectord";

/** There in the process that becomes the daemon, whose standard error nobody reads. */
const link = takeParentLink();
/** There when systemd has started us and waits to hear that we run. */
const invitation = takeInvitation(process.env, { pid: process.pid, parentPid: process.ppid });
let said = "";
/** To the operator's standard error. */
const say = (text: string): void => {
  if (link === undefined) writeToStderr(text);
  else said += text;
};

const tell = (lines: readonly Told[]): void => {
  for (const { text } of lines) say(`${text}\n`);
};

async function main(argv: readonly string[]): Promise<number> {
  const args = parseArguments(argv);
  switch (args.kind) {
    case "help":
      print(readManual() ?? usage);
      return 0;
    case "version":
      print(banner(ownVersion()));
      return 0;
    case "usage":
      for (const complaint of args.complaints) say(`${complaint}\n`);
      print(usage);
      return 255;
    case "run":
      return run(args, createLogger([], { isDebug: args.isDebug }));
  }
}

async function run(args: RunArguments, log: RedirectableLogger): Promise<number> {
  const instance = instanceName(args.config);
  const path = findConfig(args.config, process.cwd(), isFile);
  if (path === undefined) {
    const name = args.config ?? "ldirectord.cf";
    sendLog(log, args, instance, { log: defaultLog, isSupervised: false });
    log.event("config-not-found", { name });
    if (!args.isDebug) say(`Config file ${name} not found\n`);
    if (args.command === "stop" && (await stopWithoutFile(args, instance, log))) return 0;
    return exitWith(log, 1, "Initialisation Error");
  }

  const checks = await loadChecks();
  const { ini, isIniBroken } = await readIni(path);
  const onlyAsks = args.command === "status" || args.command === "stop";
  const read = await prepare(path, checks, onlyAsks ? withoutLooking : withoutAsking);
  const target = read.ok ? read.config : { log: logOfBrokenFile(path), isSupervised: false };
  const isForeground = args.isDebug || target.isSupervised;
  const journal = openJournal(ini, { instance, configFile: path }, isForeground, (why) =>
    say(`Warning [${process.pid}]: ${why}\n`),
  );
  sendLog(log, args, instance, target, journal);

  const pidFile = pidFilePath(ini.rundir, instance);
  if (isIniBroken && !(args.command === "stop" && readPidFile(pidFile).state === "running")) {
    return args.command === "status" ? 2 : exitWith(log, 2, "config_error: Configuration Error");
  }
  const invocation = { args, instance, path, pidFile, ini, checks, log, isForeground, journal };
  try {
    return await obey(invocation, read);
  } catch (error) {
    // What stops the work says what to do about it; a bug comes with its stack.
    const isKnown = error instanceof Error && "code" in error;
    const text = isKnown ? error.message : error instanceof Error ? error.stack : String(error);
    log.event("config-error", { text: `Error [${process.pid}]: ${text}` });
    if (!args.isDebug) say(`Error [${process.pid}]: ${text}\n`);
    return exitWith(log, 1, "Initialisation Error");
  }
}

/** Who has lost the file must still be able to stop its daemon. @returns whether there was one, and it is gone */
async function stopWithoutFile(
  args: RunArguments,
  instance: string,
  log: RedirectableLogger,
): Promise<boolean> {
  for (const config of configPlaces(args.config, process.cwd())) {
    const { ini } = await readIni(config);
    const pidFile = pidFilePath(ini.rundir, instance);
    if (readPidFile(pidFile).state !== "running") continue;
    const voice: Voice = { log, out: print, err: say };
    const isGone = await stopDaemon({ config, pidFile }, voice, ini.stopTimeoutMs);
    if (!isGone) sayNotEnded(config, ini);
    return isGone;
  }
  return false;
}

const sayNotEnded = (path: string, { stopTimeoutMs }: NgIni): void =>
  say(`The ldirectord that runs for ${path} has not ended within ${stopTimeoutMs / 1000} s\n`);

const withoutAsking: PrepareOptions = { resolver: noLookups() };

/**
 * Enough for commands that only ask or stop, and they must work in the night in which no name server answers,
 * or the disk of the log has gone read-only.
 */
const withoutLooking: PrepareOptions = { ...withoutAsking, inspectFiles: async () => noFileFacts };

/** @param sketch the file as it stands, nothing that it names being looked at */
async function obey(invocation: Invocation, sketch: Prepared): Promise<number> {
  const { args, log, ini, pidFile, path } = invocation;
  const { command } = args;
  const voice: Voice = { log, out: print, err: say };
  const target = { config: path, pidFile };

  // What is wrong is told as `start` would tell it, names looked up too.
  const read = sketch.ok ? sketch : await prepare(path, invocation.checks);
  if (!read.ok) tell(read.problems);
  if (command === "stop") {
    logInvoked(invocation);
    if (!(await stopDaemon(target, voice, ini.stopTimeoutMs))) sayNotEnded(path, ini);
    return 0;
  }
  if (command === "status") {
    if (!read.ok) return 2;
    const code = reportStatus(target, voice);
    if (code === 0) await statusOfOthers(invocation, read.config);
    return code;
  }

  if (!read.ok) return exitWith(log, 2, "config_error: Configuration Error");
  logInvoked(invocation);
  const isRunning = readPidFile(pidFile).state === "running";

  if (command === "start" && isRunning && invitation !== undefined)
    say(`ldirectord for ${path} is running already, and was not started by this service\n`);
  if (command === "start") return isRunning ? 0 : start(invocation);
  if (command === "try-restart" && !isRunning) return 0;

  // Looked up now: a daemon must not be stopped for a file that cannot be started.
  const whole = await prepare(path, invocation.checks);
  if (!whole.ok) {
    tell(whole.problems);
    return exitWith(log, 2, "config_error: Configuration Error");
  }
  if (command === "reload" || command === "force-reload") {
    const code = reloadDaemon(target, voice);
    return code === 0 ? 0 : exitWith(log, code, `Exiting from ldirectord ${command}`);
  }
  if (!(await stopDaemon(target, voice, ini.stopTimeoutMs))) {
    say(`The ldirectord that runs for ${path} has not ended: it is not started again\n`);
    return exitWith(log, 1, `Exiting from ldirectord ${command}`);
  }
  return start(invocation);
}

async function start(invocation: Invocation): Promise<number> {
  const isHere = link !== undefined || invitation !== undefined || invocation.isForeground;
  if (isHere) return become(invocation);
  const report = await startDetached(program, invocation.args.config);
  say(report.text);
  return report.kind === "ready" ? 0 : report.exitCode;
}

/** This process becomes the daemon. */
async function become(invocation: Invocation): Promise<number> {
  const { args, instance, path, pidFile, ini, checks, log, isForeground, journal } = invocation;
  const prepared = await prepare(path, checks);
  if (!prepared.ok) {
    tell(prepared.problems);
    return exitWith(log, 2, "config_error: Configuration Error");
  }
  tell(prepared.warnings);
  sendLog(log, args, instance, prepared.config, journal);
  process.chdir("/");
  const manager = invitation && openServiceManager(invitation);

  return serve({
    log,
    ...(!isForeground && { pidFile }),
    ...(manager && { manager }),
    start: async () => {
      const version = originalVersion;
      if (isForeground) log.event("daemon-started-foreground", { version, pid: process.pid });
      else log.event("daemon-started", { version });
      // Not for those who only ask or stop: it brings a good deal along.
      const { startDaemon } = await import("./daemon.ts");
      const daemon = await startDaemon({
        log,
        ipvs: ini.backend === "embedded" ? new EmbeddedIpvs() : await openKernelIpvs(log),
        prepared,
        prepareAgain: () => prepare(path, checks),
        program: ownProgram(),
        rereadMs: ini.rereadMs,
        email: {
          smtpPort: ini.smtpPort,
          ...(ini.mailProgram !== undefined && { mailProgram: ini.mailProgram }),
        },
        onConfig: (config) => {
          // Where a foreground daemon writes was settled when it was started.
          if (!isForeground)
            sendLog(log, args, instance, { log: config.log, isSupervised: false }, journal);
        },
      });
      if (manager) showStatus(manager, daemon);
      return daemon;
    },
    onReady: async () => link?.report({ kind: "ready", text: said }),
  });
}

function openServiceManager(invited: Invitation): ServiceManager | undefined {
  try {
    return createServiceManager(invited, openUnixDatagram(invited.socketPath));
  } catch (error) {
    // Without libc systemd hears nothing, and says so when its time is up.
    say(`systemd cannot be told that the daemon runs: ${String(error)}\n`);
    return undefined;
  }
}

const statusEveryMs = 2_000;

function showStatus(manager: ServiceManager, daemon: Daemon): void {
  const show = () => manager.status(serviceStatus(daemon.snapshot()));
  show();
  setInterval(show, statusEveryMs).unref();
}

/** Not for `status`, which cluster managers ask every few seconds. */
function logInvoked({ args, log }: Invocation): void {
  if (link !== undefined) return;
  log.event("daemon-invoked", { commandLine: [program, ...args.words].join(" ") });
}

/** With defaults for one that cannot be read, so that `stop` may still try. */
async function readIni(
  path: string,
): Promise<{ readonly ini: NgIni; readonly isIniBroken: boolean }> {
  const ini = await loadIni(path);
  if (ini.ok) return { ini: ini.value, isIniBroken: false };
  tell(report({ ok: false, diagnostics: ini.error }, iniPath(path), process.pid));
  return { ini: iniDefaults, isIniBroken: true };
}

/** `execute` may name instances that name us: how deep we are. */
const depthName = "LDIRECTORD_NG_STATUS_DEPTH";

async function statusOfOthers({ log }: Invocation, { execute }: Config): Promise<void> {
  const depth = Number(process.env[depthName] ?? 0);
  if (execute.length === 0 || depth > 3) return;
  process.env[depthName] = String(depth + 1);
  const runner = createCommandRunner({ logger: log });
  await createInstances(runner, ownProgram()).status(execute);
}

const ownProgram = (): [string, ...string[]] => [process.execPath, ...process.execArgv, program];

/** -d: standard error; supervised: standard output; else where the file says. */
function sendLog(
  log: RedirectableLogger,
  { isDebug }: RunArguments,
  instance: string,
  config: Pick<Config, "log" | "isSupervised">,
  journal?: Destination,
): void {
  const beside = journal === undefined ? [] : [journal];
  if (isDebug) log.redirect([stderrDestination(), ...beside]);
  else if (config.isSupervised) log.redirect([supervisedDestination(), ...beside]);
  else {
    const { destination, warning } = openLog(config.log, instance, process.pid);
    log.redirect([destination, ...beside]);
    if (warning !== undefined) log.event("config-warning", { text: warning });
  }
}

/** A file with a mistake may still name its log; one that can be written. */
function logOfBrokenFile(path: string): LogTarget {
  try {
    const { ast } = parse(readFileSync(path, "utf8"));
    const line = ast.globals.filter(({ name }) => name === "logfile").at(-1);
    const name = /^"(.+)"/.exec(line?.value ?? "")?.[1];
    if (name === undefined) return defaultLog;
    if (!name.startsWith("/")) return { kind: "syslog", facility: name };
    closeSync(openSync(name, "a"));
    return { kind: "file", path: name };
  } catch {
    return defaultLog;
  }
}

function exitWith(log: RedirectableLogger, exitStatus: number, cause: string): number {
  log.event("daemon-exiting", { exitStatus, cause });
  return exitStatus;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function ownVersion(): string {
  // From dist/src/ and from src/ alike.
  for (const up of ["../package.json", "../../package.json"]) {
    const path = new URL(up, import.meta.url);
    if (isFile(path.pathname)) return JSON.parse(readFileSync(path, "utf8")).version;
  }
  return "";
}

const exitCode = await main(process.argv.slice(2));
// A daemon has reported long ago when it comes to this; what did not become one has not.
await link?.report(
  exitCode === 0 ? { kind: "ready", text: said } : { kind: "failed", exitCode, text: said },
);
leave(exitCode);
