import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { type Namespace, spawnIn } from "../namespace.ts";

/** One byte on standard output for each advertisement of the virtual router that is named; RFC 5798, section 5.1. */
const script = `use Socket; socket(S, PF_INET, SOCK_RAW, 112) or die $!; $| = 1;
  while (defined recv(S, $packet, 1500, 0)) { print "." if ord(substr($packet, 21, 1)) == $ARGV[0] }`;

/** How often a host has been told that another has the address (VRRP). */
export class Advertisements {
  readonly #child: ChildProcess;
  #heard = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on("data", (bytes: Buffer) => {
      this.#heard += bytes.length;
    });
  }

  /** @param id of the virtual router */
  static listen(host: Namespace, id: number): Advertisements {
    const stdio = ["ignore", "pipe", "inherit"] as const;
    return new Advertisements(
      spawnIn(host, "perl", ["-e", script, `${id}`], { stdio: [...stdio] }),
    );
  }

  get heard(): number {
    return this.#heard;
  }

  /** Returns when the next is heard. */
  async next(): Promise<void> {
    if (this.#child.stdout) await once(this.#child.stdout, "data");
  }

  async stop(): Promise<void> {
    const closed = once(this.#child, "close");
    this.#child.kill("SIGTERM");
    await closed;
  }
}
