import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Namespace, spawnIn } from "./namespace.ts";
import { patienceMs } from "./until.ts";

/** Which program directs: ours as built, or the original as installed (LAB_DIRECTOR=original). */
export const isOriginal = process.env["LAB_DIRECTOR"] === "original";

/** Where its package puts it. */
export const originalProgram = "/usr/sbin/ldirectord";
export type Who = "original" | "ours";

/** Compiled. */
export const ourProgram =
  process.env["LAB_PROGRAM"] ?? fileURLToPath(new URL("../../dist/src/cli.js", import.meta.url));

/** A file of examples/. */
export function example(name: string): string {
  return fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
}

/** The daemon in the foreground, its log kept for when a test fails. */
export class Director {
  readonly #child: ChildProcess;
  #log = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#log += text;
      });
    }
  }

  /** @param wrapper a program and its arguments that runs the daemon in its own place */
  static start(
    namespace: Namespace,
    file: string,
    wrapper: readonly string[] = [],
    who: Who = isOriginal ? "original" : "ours",
  ): Director {
    const daemon = who === "original" ? [originalProgram] : [process.execPath, ourProgram];
    const [program = "", ...args] = [...wrapper, ...daemon, "-d", file, "start"];
    return new Director(spawnIn(namespace, program, args, { stdio: ["ignore", "pipe", "pipe"] }));
  }

  /** All it printed so far. */
  get log(): string {
    return this.#log;
  }

  /** @throws Error with all it printed, when it has ended */
  mustRun(): void {
    const { exitCode, signalCode } = this.#child;
    if (this.hasEnded) {
      throw new Error(`the daemon ended: ${signalCode ?? `exit code ${exitCode}`}:\n${this.#log}`);
    }
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("the director did not start");
    return this.#child.pid;
  }

  reload(): void {
    this.#child.kill("SIGHUP");
  }

  /** As an operator stops it. Returns its exit code, null when it had to be killed. */
  async stop(deadlineMs = patienceMs): Promise<number | null> {
    return this.#end("SIGTERM", deadlineMs);
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL", patienceMs);
  }

  async #end(signal: NodeJS.Signals, deadlineMs: number): Promise<number | null> {
    if (this.hasEnded) return this.#child.exitCode;
    const closed = once(this.#child, "close");
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), deadlineMs);
    await closed;
    clearTimeout(timer);
    return this.#child.exitCode;
  }
}
