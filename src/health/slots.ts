export interface Limits {
  /** Probes under way at once, overall. */
  readonly underWay: number;
  /** Of these, against one address. */
  readonly perTarget: number;
}

/** A place in line, then a slot. */
export interface Ticket {
  /** Gives the slot back, or the place in line up. A second call does nothing. */
  release(): void;
}

type Waiter = () => void;

/** So many at once, first come first served. */
class Gate {
  readonly #limit: number;
  readonly #waiting = new Set<Waiter>();
  inside = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  enter(waiter: Waiter): void {
    if (this.inside < this.#limit) {
      this.inside++;
      waiter();
    } else {
      this.#waiting.add(waiter);
    }
  }

  /** Leaves the line. */
  giveUp(waiter: Waiter): void {
    this.#waiting.delete(waiter);
  }

  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.inside--;
    } else {
      this.#waiting.delete(next);
      next();
    }
  }
}

/**
 * Bounds how many probes are under way. Whoever waits, waits in order, and stands in nobody's way who
 * wants another address. Probes that failed slowly last time may hold three quarters of all slots at most: a
 * rack that went silent cannot take the slots of the servers that answer.
 */
export class Slots {
  readonly #all: Gate;
  readonly #slow: Gate;
  readonly #byAddress = new Map<string, Gate>();
  readonly #perTarget: number;
  #waiting = 0;

  constructor(limits: Limits) {
    this.#all = new Gate(limits.underWay);
    this.#slow = new Gate(Math.max(1, Math.floor((limits.underWay * 3) / 4)));
    this.#perTarget = limits.perTarget;
  }

  get underWay(): number {
    return this.#all.inside;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Calls `start` once the slot is there: at once, or from another's `release`. */
  take(address: string, wasSlow: boolean, start: (ticket: Ticket) => void): Ticket {
    const own = this.#byAddress.get(address) ?? new Gate(this.#perTarget);
    this.#byAddress.set(address, own);
    // Every taker passes the gates in this order, so holding one while waiting for the next is safe.
    const gates = wasSlow ? [own, this.#slow, this.#all] : [own, this.#all];
    let passed = 0;
    let isReleased = false;
    this.#waiting++;

    const ticket: Ticket = {
      release: () => {
        if (isReleased) return;
        isReleased = true;
        if (passed < gates.length) this.#waiting--;
        gates[passed]?.giveUp(onward);
        for (const gate of gates.slice(0, passed).reverse()) gate.leave();
        if (own.inside === 0 && own.waiting === 0) this.#byAddress.delete(address);
      },
    };
    const onward = () => {
      passed++;
      const gate = gates[passed];
      if (gate !== undefined) {
        gate.enter(onward);
        return;
      }
      this.#waiting--;
      start(ticket);
    };
    own.enter(onward);
    return ticket;
  }
}
