import type { Verdict } from "../../../checks/check.ts";
import type { LocalLink } from "./local-link.ts";

/** So many servers are remembered: when their ways are all in trouble, nobody else answered lately either. */
const remembered = 64;

/** Which real servers answered last: what shows that the network can be reached from here. */
export class Answers {
  readonly #ownLink: LocalLink | undefined;
  /** Address to when (monotonic), the newest last. */
  readonly #at = new Map<string, number>();

  constructor(ownLink: LocalLink | undefined) {
    this.#ownLink = ownLink;
  }

  /** Good or bad, it came from the server. */
  note(address: string, verdict: Verdict, nowMs: number): void {
    if (!verdict.up && isSilence.has(verdict.reason)) return;
    this.#at.delete(address);
    this.#at.set(address, nowMs);
    if (this.#at.size <= remembered) return;
    for (const oldest of this.#at.keys()) {
      this.#at.delete(oldest);
      return;
    }
  }

  /** When another server than this last answered over a network whose way is well now. */
  newestBeside(address: string): number | undefined {
    for (const [other, at] of [...this.#at].reverse()) {
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
