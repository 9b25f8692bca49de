import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Namespace, spawnIn } from "../namespace.ts";

const program = fileURLToPath(new URL("page-server.pl", import.meta.url));

/** A web server on port 80 that costs little; on /stay it keeps the connection. */
export class PageServer {
  readonly #namespace: Namespace;
  readonly #words: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(namespace: Namespace, words: readonly string[]) {
    this.#namespace = namespace;
    this.#words = words;
  }

  /** @param status what it answers with: 200, or 503 for one that says that it is sorry */
  static async start(namespace: Namespace, status: 200 | 503, body: string): Promise<PageServer> {
    const server = new PageServer(namespace, [`${status}`, body]);
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    this.#child = spawnIn(this.#namespace, "perl", [program, ...this.#words], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const { stdout } = this.#child;
    if (!stdout) throw new Error("a page server needs a pipe");
    await once(stdout, "data");
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, "close");
    child.kill("SIGKILL");
    await closed;
  }
}
