import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { parseTable, type Table } from "./ipvsadm.ts";
import { type Namespace, spawnIn } from "./namespace.ts";

const END = "-- end --";

/** Shows the table to a listener three or four times a second, as ipvsadm prints it. */
export class TableWatch {
  readonly #child: ChildProcess;
  #seen = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static start(director: Namespace, listener: (table: Table) => void): TableWatch {
    const loop = `while ipvsadm -Ln; do echo '${END}'; sleep 0.25; done`;
    const child = spawnIn(director, "sh", ["-c", loop], { stdio: ["ignore", "pipe", "ignore"] });
    const watch = new TableWatch(child);
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (more: string) => {
      const parts = (text + more).split(`${END}\n`);
      text = parts.pop() ?? "";
      for (const part of parts) {
        watch.#seen += 1;
        listener(parseTable(part));
      }
    });
    return watch;
  }

  /** How many tables so far. */
  get seen(): number {
    return this.#seen;
  }

  async stop(): Promise<void> {
    const closed = once(this.#child, "close");
    this.#child.kill("SIGTERM");
    await closed;
  }
}
