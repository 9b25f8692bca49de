import { inTurns, type Steps } from "../config/turns.ts";
import type { Snapshot } from "../status/snapshot.ts";

/** A snapshot as JSON. */
export interface SerialSnapshot {
  /** Another one has another tag. */
  readonly tag: string;
  readonly pieces: readonly Uint8Array[];
}

/** One serves all that ask within so long; */
const freshMs = 1_000;
/** and of a large table for longer: making it takes no more than a fiftieth of the time. */
const timesItsCost = 50;

/** However many ask, and however often: one snapshot is made at a time, and all have the same. */
export class SharedSnapshot {
  readonly #take: () => Promise<Snapshot>;
  readonly #clock: () => number;
  #newest: Promise<SerialSnapshot> | undefined;
  #isUnderWay = false;
  /** What is made when the one under way is done: it shows what was changed meanwhile. */
  #next: Promise<SerialSnapshot> | undefined;
  #isOutdated = false;
  #goodUntil = Number.NEGATIVE_INFINITY;
  #number = 0;

  /** @param clock monotonic, milliseconds */
  constructor(take: () => Promise<Snapshot>, clock: () => number = () => performance.now()) {
    this.#take = take;
    this.#clock = clock;
  }

  get(): Promise<SerialSnapshot> {
    if (this.#next !== undefined) return this.#next;
    const isGood = !this.#isOutdated && (this.#isUnderWay || this.#clock() <= this.#goodUntil);
    if (this.#newest !== undefined && isGood) return this.#newest;
    if (!this.#isUnderWay) return this.#begin();
    this.#next = Promise.allSettled([this.#newest]).then(() => this.#begin());
    return this.#next;
  }

  /** Something was changed by an order: who asks next is to see it. */
  outdate(): void {
    this.#isOutdated = true;
  }

  #begin(): Promise<SerialSnapshot> {
    this.#next = undefined;
    this.#isOutdated = false;
    this.#isUnderWay = true;
    this.#newest = this.#make();
    return this.#newest;
  }

  async #make(): Promise<SerialSnapshot> {
    const from = this.#clock();
    try {
      const snapshot = await this.#take();
      const pieces = await inTurns(inPieces(snapshot));
      const now = this.#clock();
      this.#goodUntil = now + Math.max(freshMs, timesItsCost * (now - from));
      this.#number++;
      return { tag: `${snapshot.at}-${this.#number}`, pieces };
    } catch (error) {
      this.#goodUntil = Number.NEGATIVE_INFINITY;
      throw error;
    } finally {
      this.#isUnderWay = false;
    }
  }
}

const serversAPiece = 100;

/** The snapshot's JSON, some servers at a time. */
function* inPieces({ services, ...rest }: Snapshot): Steps<readonly Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  const push = (text: string) => pieces.push(Buffer.from(text));
  push(`${JSON.stringify(rest).slice(0, -1)},"services":[`);
  for (const [i, { servers, ...service }] of services.entries()) {
    push(`${i === 0 ? "" : ","}${JSON.stringify(service).slice(0, -1)},"servers":[`);
    for (let from = 0; from < servers.length; from += serversAPiece) {
      const some = JSON.stringify(servers.slice(from, from + serversAPiece)).slice(1, -1);
      push(`${from === 0 ? "" : ","}${some}`);
      yield;
    }
    push("]}");
    yield;
  }
  push("]}\n");
  return pieces;
}
