import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Namespace, spawnIn } from "./namespace.ts";
import { patienceMs } from "./until.ts";

type Waiting = {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
};

/**
 * A Node program in a namespace that answers each line of JSON with one, in order; its first line says that it is
 * ready. It ends when its standard input does, so that none outlives us.
 */
export class Agent {
  readonly #child: ChildProcess;
  readonly #waiting: Waiting[] = [];
  #said = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    if (!child.stdout || !child.stderr) throw new Error("an agent needs pipes");
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.#waiting.shift()?.resolve(JSON.parse(line));
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#said += text;
    });
    child.stdin?.on("error", () => undefined);
    child.on("close", (code, signal) => {
      const why = `the agent ended: ${signal ?? code}: ${this.#said}`;
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(why));
    });
  }

  /** @param script a file of this folder */
  static async start(namespace: Namespace, script: string, setting: unknown): Promise<Agent> {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const child = spawnIn(namespace, process.execPath, [path, JSON.stringify(setting)], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    const agent = new Agent(child);
    const timer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
    await agent.#answer();
    clearTimeout(timer);
    return agent;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  #answer(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  ask(question: unknown): Promise<unknown> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
      return Promise.reject(new Error(`the agent has ended: ${this.#said}`));
    }
    const answer = this.#answer();
    this.#child.stdin?.write(`${JSON.stringify(question)}\n`);
    return answer;
  }

  /** As a crash would end it: the kernel closes its sockets. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, "close");
    this.#child.kill("SIGKILL");
    await closed;
  }
}
