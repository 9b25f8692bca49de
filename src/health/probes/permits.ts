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
  readonly #quickLine = new Set<Place>();
  readonly #slowLine = new Set<Place>();
  /** The slow ones that hold a permit and were not yet asked for it; who has had it longest comes first. */
  readonly #slowHolders = new Set<Place>();
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

  take(taker: Taker): Ticket {
    const { isSlow } = taker;
    const place = new Place(this, taker, isSlow);
    // Nobody waits while there is room for one like it.
    if (this.#hasRoom(isSlow)) this.#enter(place);
    else {
      (isSlow ? this.#slowLine : this.#quickLine).add(place);
      if (!isSlow) this.#askOneToGiveWay();
    }
    return place;
  }

  /** For a ticket. */
  leave(place: Place, wasInside: boolean): void {
    if (!wasInside) {
      (place.isSlow ? this.#slowLine : this.#quickLine).delete(place);
      return;
    }
    if (--this.#inside === 0) this.#whileBusy?.stop();
    if (place.isSlow) {
      this.#slowInside--;
      this.#slowHolders.delete(place);
    }
    this.#admit();
  }

  #hasRoom(isSlow: boolean): boolean {
    return this.#inside < this.#limit && (!isSlow || this.#slowInside < this.#slowLimit);
  }

  #enter(place: Place): void {
    if (this.#inside++ === 0) this.#whileBusy?.start();
    if (place.isSlow) {
      this.#slowInside++;
      this.#slowHolders.add(place);
    }
    place.enter();
  }

  #admit(): void {
    while (this.waiting > 0) {
      const [next] = this.#quickLine.size > 0 ? this.#quickLine : this.#slowLine;
      if (next === undefined || !this.#hasRoom(next.isSlow)) return;
      (next.isSlow ? this.#slowLine : this.#quickLine).delete(next);
      this.#enter(next);
    }
  }

  #askOneToGiveWay(): void {
    const [longest] = this.#slowHolders;
    if (longest === undefined) return;
    this.#slowHolders.delete(longest);
    longest.taker.onWanted();
  }
}

/** In line, then inside, then neither. */
class Place implements Ticket {
  readonly taker: Taker;
  readonly isSlow: boolean;
  readonly #permits: ProbePermits;
  #state: "waiting" | "inside" | "over" = "waiting";

  constructor(permits: ProbePermits, taker: Taker, isSlow: boolean) {
    this.#permits = permits;
    this.taker = taker;
    this.isSlow = isSlow;
  }

  enter(): void {
    this.#state = "inside";
    this.taker.onSlot(this);
  }

  release(): void {
    if (this.#state === "over") return;
    const wasInside = this.#state === "inside";
    this.#state = "over";
    this.#permits.leave(this, wasInside);
  }
}
