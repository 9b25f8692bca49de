import type { Verdict } from "../../../checks/check.ts";
import type { LocalLink } from "./local-link.ts";

/** So many servers are remembered: when their ways are all in trouble, nobody else answered lately either. */
const remembered = 64;

/** Which real servers answered last: what shows that the network can be reached from here. */
export class Answers {
  readonly #ownLink: LocalLink | undefined;
  /** Address to when (monotonic), the newest first: all but the latest. */
  #at: ReadonlyMap<string, number> = new Map();
  /** What came after it, as it came: to be put in its place once in a while costs less than each time. */
  readonly #latest: string[] = [];
  readonly #latestAt: number[] = [];

  constructor(ownLink: LocalLink | undefined) {
    this.#ownLink = ownLink;
  }

  /** Good or bad, it came from the server. */
  note(address: string, verdict: Verdict, nowMs: number): void {
    if (!verdict.up && isSilence.has(verdict.reason)) return;
    this.#latest.push(address);
    this.#latestAt.push(nowMs);
    if (this.#latest.length >= 8 * remembered) this.#fold();
  }

  #fold(): void {
    const at = new Map<string, number>();
    for (let i = this.#latest.length - 1; i >= 0 && at.size < remembered; i--) {
      const address = this.#latest[i] ?? "";
      if (!at.has(address)) at.set(address, this.#latestAt[i] ?? 0);
    }
    for (const [address, before] of this.#at) {
      if (at.size >= remembered) break;
      if (!at.has(address)) at.set(address, before);
    }
    this.#at = at;
    this.#latest.length = 0;
    this.#latestAt.length = 0;
  }

  /** When another server than this last answered over a network whose way is well now. */
  newestBeside(address: string): number | undefined {
    this.#fold();
    for (const [other, at] of this.#at) {
      if (other === address) continue;
      const ownLink = this.#ownLink;
      if (ownLink === undefined) return at;
      // What never leaves the machine says nothing of the network.
      if (!ownLink.isOwn(other) && ownLink.trouble(other, Number.POSITIVE_INFINITY) === undefined) {
        return at;
      }
    }
    return undefined;
  }
}

const isSilence: ReadonlySet<string> = new Set(["timeout", "unreachable", "internal"]);
