import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { loadLibc } from "../native/libc.ts";

/** Marks the process that becomes the daemon; taken out of its environment before anything else runs. */
const marker = "LDIRECTORD_NG_DAEMON";
/** Of what one that dies before it can report has said: Node.js tells why on standard error. */
const maxLastWords = 4096;

/** What the daemon tells the command that started it. `text` goes to standard error. */
export type Report =
  | { readonly kind: "ready"; readonly text: string }
  | { readonly kind: "failed"; readonly exitCode: number; readonly text: string };

/**
 * Starts the daemon: this program again, in a session of its own, with nothing on its three descriptors once it runs. Its
 * command line is `ldirectord PROGRAM [CONFIG] start`, which cluster agents look for, whatever the command
 * was here.
 * @param program the script as it was called
 * @param config as given on the command line
 * @returns its report; a daemon that ends without one has failed
 */
export function startDetached(program: string, config: string | undefined): Promise<Report> {
  const words = config === undefined ? ["start"] : [config, "start"];
  if (config?.startsWith("-")) words.unshift("--");
  const child = spawn(process.execPath, [...process.execArgv, program, ...words], {
    argv0: "ldirectord",
    detached: true,
    env: { ...process.env, [marker]: "1" },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  return reportOf(child);
}

function reportOf(child: ChildProcess): Promise<Report> {
  return new Promise((resolve) => {
    // Ctrl-C while it starts is meant for it; it then ends, and that is the report.
    const passOn = (signal: NodeJS.Signals) => child.kill(signal);
    let lastWords = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      lastWords = (lastWords + text).slice(0, maxLastWords);
    });
    const done = (report: Report) => {
      process.off("SIGINT", passOn).off("SIGTERM", passOn);
      child.stderr?.destroy();
      resolve(report);
    };
    const failed = (text: string) => done({ kind: "failed", exitCode: 1, text });

    process.on("SIGINT", passOn).on("SIGTERM", passOn);
    child.once("message", (message) => {
      done(message as Report);
      if (child.connected) child.disconnect();
      child.unref();
    });
    child.once("error", (error) => failed(`The daemon could not be started: ${error.message}\n`));
    child.once("exit", (code, signal) => {
      const how = `The daemon ended while it started: ${signal ?? `exit status ${code}`}\n`;
      const ended = () => failed(`${how}${lastWords}`);
      // What it said or reported last may still be on its way.
      child.once("close", () => {
        if (child.connected) child.once("disconnect", ended);
        else ended();
      });
    });
  });
}

/** The line back to the command that started us. */
export interface ParentLink {
  /** Once; later reports go nowhere. Resolves when it is delivered, or the other side is gone. */
  report(report: Report): Promise<void>;
}

/** @returns undefined when this process was not started to become the daemon */
export function takeParentLink(): ParentLink | undefined {
  const isMarked = process.env[marker] !== undefined && process.send !== undefined;
  delete process.env[marker];
  if (!isMarked) return undefined;
  return {
    report: (report) =>
      new Promise((resolve) => {
        if (report.kind === "ready") leaveStderr();
        if (!process.connected || process.send === undefined) return resolve();
        process.send(report, undefined, {}, () => {
          if (process.connected) process.disconnect();
          resolve();
        });
      }),
  };
}

/** Whoever started us reads it no more: what Node.js itself would say there must not meet a broken pipe. */
function leaveStderr(): void {
  const libc = loadLibc();
  try {
    const nowhere = openSync("/dev/null", "r+");
    libc?.dup2(nowhere, 2);
    closeSync(nowhere);
    if (libc !== undefined) return;
  } catch {
    // No descriptor is left.
  }
  // It stays the pipe, and an error of it that nobody hears would end the daemon.
  process.stderr.on("error", () => {});
}
