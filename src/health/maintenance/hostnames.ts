/** Reverse lookups, as `node:dns` has them. */
export interface ReverseLookup {
  /** Rejects when there is no name, and when nobody answers. */
  reverse(address: string): Promise<readonly string[]>;
  /** Ends all that are under way. */
  cancel(): void;
}

const freshMs = 300_000;
const freshWithoutNameMs = 60_000;
const lookupsAtOnce = 8;

interface Entry {
  readonly names: readonly string[];
  readonly staleAt: number;
}

/**
 * The names of addresses, from memory: nobody ever waits for a name server. A name once known stays
 * until another answer replaces it, because "no such name" and "no answer" are not told apart (the
 * resolver says ENOTFOUND for both), and a dead name server must not end anybody's maintenance.
 */
export class Hostnames {
  readonly #lookup: ReverseLookup;
  readonly #clock: () => number;
  readonly #onLearned: (address: string) => void;
  readonly #known = new Map<string, Entry>();
  readonly #queue = new Set<string>();
  readonly #asking = new Set<string>();
  #isStopped = false;

  /** @param clock monotonic, milliseconds @param onLearned names of this address are new or have changed */
  constructor(lookup: ReverseLookup, clock: () => number, onLearned: (address: string) => void) {
    this.#lookup = lookup;
    this.#clock = clock;
    this.#onLearned = onLearned;
  }

  of(address: string): readonly string[] {
    return this.#known.get(address)?.names ?? [];
  }

  /** Whether each has been asked for, and answered. */
  knowsAll(addresses: Iterable<string>): boolean {
    for (const address of addresses) if (!this.#known.has(address)) return false;
    return true;
  }

  /** Starts lookups for those whose names are not known or old. */
  refresh(addresses: Iterable<string>): void {
    const now = this.#clock();
    for (const address of addresses) {
      const entry = this.#known.get(address);
      const isWanted = entry === undefined || entry.staleAt <= now;
      if (isWanted && !this.#asking.has(address)) this.#queue.add(address);
    }
    this.#next();
  }

  /** Forgets all others. */
  keepOnly(addresses: ReadonlySet<string>): void {
    for (const known of [this.#known, this.#queue]) {
      for (const address of known.keys()) if (!addresses.has(address)) known.delete(address);
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#lookup.cancel();
  }

  #next(): void {
    for (const address of this.#queue) {
      if (this.#asking.size >= lookupsAtOnce) return;
      this.#queue.delete(address);
      this.#asking.add(address);
      void this.#ask(address);
    }
  }

  async #ask(address: string): Promise<void> {
    const answer = await this.#lookup.reverse(address).catch(() => [] as readonly string[]);
    this.#asking.delete(address);
    if (this.#isStopped) return;
    const before = this.of(address);
    const names = answer.length > 0 ? answer : before;
    const staleAt = this.#clock() + (answer.length > 0 ? freshMs : freshWithoutNameMs);
    this.#known.set(address, { names, staleAt });
    if (names.join(" ") !== before.join(" ")) this.#onLearned(address);
    this.#next();
  }
}
