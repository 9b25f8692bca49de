import { type ChildProcess, spawn } from "node:child_process";
import { setMaxListeners } from "node:events";
import type { Logger } from "../log/logger.ts";
import { lendCapabilities } from "../native/capabilities.ts";

/** What to run: a line for the shell, or a program with its arguments, which no shell sees. */
type CommandLine =
  | { readonly kind: "shell"; readonly line: string }
  | { readonly kind: "program"; readonly argv: readonly [string, ...string[]] };

export interface Command {
  readonly command: CommandLine;
  readonly timeoutSec: number;
  /** Where its output goes: it is never read. Default: nowhere. */
  readonly output?: "inherit";
  /** What it finds on its standard input. Default: nothing. */
  readonly input?: string;
  /** Beside our own environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** How the log shows it. Default: as it is run. */
  readonly shown?: string;
  /** Ours, and to have the capabilities that we have. Default: it has none of them, unless we are root. */
  readonly isOwn?: boolean;
}

/** Runs the programs that the configuration asks for. */
export interface CommandRunner {
  /**
   * Waits for a place, runs it, waits for its end. Failures are logged, never thrown.
   * @returns whether it ended with 0
   */
  run(command: Command): Promise<boolean>;
  /**
   * The same of one whose exit status is an answer: nothing is logged of it.
   * @returns the status, or why there is none
   */
  ask(command: Command): Promise<Ended>;
  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void>;
  /**
   * At the daemon's end nobody is left to look after what runs: it has `patienceMs` to end by itself, then it
   * is ended. What waits is not started any more.
   */
  stop(patienceMs?: number): Promise<void>;
}

export interface RunnerOptions {
  readonly logger: Logger;
  /** How many run at once; the others wait their turn. */
  readonly maxRunning?: number;
  /** Between SIGTERM and SIGKILL for one that is out of time. */
  readonly graceMs?: number;
}

export function createCommandRunner({
  logger,
  maxRunning = 16,
  graceMs = 2000,
}: RunnerOptions): CommandRunner {
  let running = 0;
  const stopping = new AbortController();
  // A listener for each command that runs.
  setMaxListeners(maxRunning + 1, stopping.signal);
  const waiting: (() => void)[] = [];
  const idlers: (() => void)[] = [];

  const enter = (): Promise<void> | void => {
    if (running < maxRunning) running++;
    else return new Promise((resolve) => waiting.push(resolve));
  };
  const leave = () => {
    const next = waiting.shift();
    if (next !== undefined) return next(); // takes over our place
    running--;
    if (running === 0) for (const tell of idlers.splice(0)) tell();
  };

  const idle = (): Promise<void> =>
    running === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve));
  let isStopped = false;

  /** @param logger is told of a failure; undefined: nobody is @returns undefined for one that is not started any more */
  const runInPlace = async (command: Command, logger?: Logger): Promise<Ended | undefined> => {
    await enter();
    try {
      if (isStopped) return undefined;
      return await runOnce(command, graceMs, logger, stopping.signal);
    } finally {
      leave();
    }
  };

  return {
    run: async (command) => (await runInPlace(command, logger)) === 0,
    ask: async (command) => (await runInPlace(command)) ?? endedWithUs,
    idle,
    async stop(patienceMs = 3000) {
      isStopped = true;
      const timer = setTimeout(() => stopping.abort(), patienceMs);
      await idle();
      clearTimeout(timer);
    },
  };
}

/** As the log shows it. */
const written = (command: CommandLine): string =>
  command.kind === "shell" ? command.line : command.argv.join(" ");

/** Its exit status, or why it has none. */
type Ended = number | string;
const endedWithUs = "ended with ldirectord";

function runOnce(
  { command, timeoutSec, output, input, environment, shown, isOwn = false }: Command,
  graceMs: number,
  logger: Logger | undefined,
  stopping: AbortSignal,
): Promise<Ended> {
  const [file, ...args] = command.kind === "shell" ? ["/bin/sh", "-c", command.line] : command.argv;
  const line = shown ?? written(command);

  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    let isOutOfTime = false;
    const end = (ended: Ended) => {
      clearTimeout(timer);
      stopping.removeEventListener("abort", kill);
      const cause = typeof ended === "number" ? `exit status ${ended}` : ended;
      if (ended !== 0) logger?.event("command-failed", { command: line, cause });
      resolve(ended);
    };

    let child: ChildProcess;
    const kill = () => {
      killGroup(child.pid, "SIGTERM");
      clearTimeout(timer);
      timer = setTimeout(() => killGroup(child.pid, "SIGKILL"), graceMs);
    };
    try {
      // A group of its own: what it started dies with it when its time is over. What an orderly command
      // leaves behind on purpose (a service that it started) is not ours to kill.
      const start = () =>
        spawn(file, args, {
          cwd: "/",
          detached: true,
          ...(environment && { env: { ...process.env, ...environment } }),
          stdio: [input === undefined ? "ignore" : "pipe", output ?? "ignore", output ?? "ignore"],
        });
      child = isOwn ? lendCapabilities(start) : start();
    } catch (error) {
      return end((error as Error).message); // a NUL byte in the line
    }
    timer = setTimeout(() => {
      isOutOfTime = true;
      logger?.event("command-timeout", { command: line, timeoutSec });
      kill();
    }, timeoutSec * 1000);
    stopping.addEventListener("abort", kill);
    // One that does not read to the end says by its exit status whether that is a failure.
    child.stdin?.on("error", () => {}).end(input);

    child.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    child.once("exit", (code, signal) => {
      if (isOutOfTime || stopping.aborted) killGroup(child.pid, "SIGKILL"); // those of it that did not heed SIGTERM
      if (stopping.aborted) end(endedWithUs);
      else if (signal !== null) end(`killed by ${signal}`);
      else if (isOutOfTime) end("timed out");
      else end(code ?? "no exit status");
    });
  });
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // None of it is left.
  }
}
