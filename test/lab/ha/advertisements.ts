import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { type Namespace, spawnIn } from "../namespace.ts";

/** One byte on standard output for each advertisement of the virtual router that is named; RFC 5798, section 5.1. */
const script = `use Socket; socket(S, PF_INET, SOCK_RAW, 112) or die $!; $| = 1;
  while (defined recv(S, $packet, 1500, 0)) { print "." if ord(substr($packet, 21, 1)) == $ARGV[0] }`;

/** How often a host has been told that another has the address (VRRP). */
export class Advertisements {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #heard = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#closed = once(child, "close");
    child.stdout?.on("data", (bytes: Buffer) => {
      this.#heard += bytes.length;
    });
  }

  /** @param id of the virtual router */
  static listen(host: Namespace, id: number): Advertisements {
    const args = ["-e", script, `${id}`];
    return new Advertisements(
      spawnIn(host, "perl", args, { stdio: ["ignore", "pipe", "inherit"] }),
    );
  }

  get heard(): number {
    return this.#heard;
  }

  /** Returns when the next is heard. */
  async next(): Promise<void> {
    const before = this.#heard;
    const { stdout } = this.#child;
    await Promise.race([stdout && once(stdout, "data"), this.#closed]);
    if (this.#heard === before) throw new Error("nobody listens for advertisements any more");
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#closed;
  }
}
