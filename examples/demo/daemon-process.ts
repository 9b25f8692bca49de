import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { Ipvs } from "../../src/ipvs/ipvs.ts";
import { handOverSignal } from "../../src/process/signals.ts";
import type { FromDirector, ToDirector } from "./director.ts";
import type { Report } from "./report.ts";
import { answerCall } from "./table-link.ts";

/** Few, so that they are soon used up, and yet more than a daemon with this file needs. */
const openFiles = 256;
const patienceMs = 8_000;
const reportPatienceMs = 250;
const keptWords = 4_000;

export interface DaemonProcessOptions {
  readonly path: string;
  /** The table that this process holds; undefined for the kernel's. */
  readonly held: Ipvs | undefined;
  /** Where its page is to be had; undefined: it has none. */
  readonly pageAt?: string | undefined;
  readonly onLog: (message: Extract<FromDirector, { kind: "log" }>) => void;
  /** It has ended, and nobody had asked it to. */
  readonly onDeath: (why: string) => void;
}

/** A daemon that runs; see director.ts. */
export class DaemonProcess {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #exit: Promise<void>;
  #isEnding = false;
  #onReport: ((report: Report | undefined) => void) | undefined;

  constructor({ path, held, pageAt, onLog, onDeath }: DaemonProcessOptions) {
    const program = join(import.meta.dirname, "director.js");
    const run = [process.execPath, program, path, held === undefined ? "kernel" : "linked"];
    if (pageAt !== undefined) run.push(pageAt);
    const child = spawn("sh", ["-c", `ulimit -n ${openFiles}; exec "$0" "$@"`, ...run], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      serialization: "advanced",
      // Ctrl-C is for the show, which then ends it in order.
      detached: true,
    });
    this.#child = child;
    this.pid = child.pid ?? 0;
    let words = "";
    child.stderr?.on("data", (data) => {
      words = (words + data).slice(-keptWords);
    });
    child.on("message", (message: FromDirector) => {
      if (message.kind === "log") onLog(message);
      else if (message.kind === "report") this.#onReport?.(message.report);
      else if (held !== undefined) {
        void answerCall(held, message).then((answer) => this.#send(answer));
      }
    });
    this.#exit = new Promise((resolve) => {
      const ended = (why: string) => {
        if (!this.#isEnding) onDeath(`the daemon has ended (${why}) ${words}`.trim());
        resolve();
      };
      child.on("error", (error) => ended(error.message));
      child.on("exit", (code, signal) => ended(signal ?? `exit code ${code}`));
    });
  }

  /** Ends and leaves the table as it is, for the one that comes next. */
  handOver(): Promise<void> {
    return this.#end(handOverSignal);
  }

  /** Ends and takes its services out of the table. */
  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  /** What it knows now; undefined from one that is not up to it: it starts, or ends. */
  report(): Promise<Report | undefined> {
    if (!this.#child.connected) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const patience = setTimeout(resolve, reportPatienceMs, undefined);
      this.#onReport = (report) => {
        clearTimeout(patience);
        resolve(report);
      };
      this.#send({ kind: "report" });
    });
  }

  order(kind: "hoard" | "release"): void {
    this.#send({ kind });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.#isEnding = true;
    this.#child.kill(signal);
    const patience = setTimeout(() => this.#child.kill("SIGKILL"), patienceMs);
    await this.#exit;
    clearTimeout(patience);
  }

  #send(message: ToDirector): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}
