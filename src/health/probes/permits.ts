export interface Limits {
  /** Probes under way at once. */
  readonly underWay: number;
}

/** A place in line, then a permit. */
export interface Ticket {
  /** Gives the permit back, or the place in line up. A second call does nothing. */
  release(): void;
}

export interface Taker {
  /** This one was slow last time: who was quick goes before it, and it gives way to them. */
  readonly isSlow: boolean;
  /** The permit is there: called at once, or from another's `release`. */
  readonly onSlot: (ticket: Ticket) => void;
  /** Only for who is slow: one that was quick waits. The permit should be given back soon. */
  readonly onWanted: () => void;
}

/** What goes on only while a probe is under way. */
export interface WhileBusy {
  start(): void;
  stop(): void;
}

/**
 * Bounds how many probes are under way by what the machine has. Where that is not enough for all, a rack that
 * went silent does not take it from the servers that answer: those who were slow last time stand behind those who
 * were quick, hold three quarters of the permits at most, and give way when a quick one waits.
 */
export class ProbePermits {
  readonly #limit: number;
  readonly #slowLimit: number;
  readonly #whileBusy: WhileBusy | undefined;
  readonly #quickLine = new Set<() => void>();
  readonly #slowLine = new Set<() => void>();
  /** The slow ones that hold a permit and were not yet asked for it; who has had it longest comes first. */
  readonly #slowHolders = new Set<() => void>();
  #inside = 0;
  #slowInside = 0;

  constructor({ underWay }: Limits, whileBusy?: WhileBusy) {
    this.#limit = underWay;
    this.#whileBusy = whileBusy;
    this.#slowLimit = Math.max(1, Math.floor((underWay * 3) / 4));
  }

  get underWay(): number {
    return this.#inside;
  }

  get waiting(): number {
    return this.#quickLine.size + this.#slowLine.size;
  }

  take({ isSlow, onSlot, onWanted }: Taker): Ticket {
    const line = isSlow ? this.#slowLine : this.#quickLine;
    let state: "waiting" | "inside" | "over" = "waiting";

    const enter = (): void => {
      state = "inside";
      if (this.#inside++ === 0) this.#whileBusy?.start();
      if (isSlow) {
        this.#slowInside++;
        this.#slowHolders.add(onWanted);
      }
      onSlot(ticket);
    };
    const ticket: Ticket = {
      release: () => {
        const before = state;
        state = "over";
        line.delete(enter);
        if (before !== "inside") return;
        if (--this.#inside === 0) this.#whileBusy?.stop();
        if (isSlow) {
          this.#slowInside--;
          this.#slowHolders.delete(onWanted);
        }
        this.#admit();
      },
    };

    line.add(enter);
    this.#admit();
    if (!isSlow && state === "waiting") this.#askOneToGiveWay();
    return ticket;
  }

  #admit(): void {
    while (this.#inside < this.#limit) {
      const [quick] = this.#quickLine;
      if (quick !== undefined) {
        this.#quickLine.delete(quick);
        quick();
        continue;
      }
      const [slow] = this.#slowLine;
      if (slow === undefined || this.#slowInside >= this.#slowLimit) return;
      this.#slowLine.delete(slow);
      slow();
    }
  }

  #askOneToGiveWay(): void {
    const [longest] = this.#slowHolders;
    if (longest === undefined) return;
    this.#slowHolders.delete(longest);
    longest();
  }
}
