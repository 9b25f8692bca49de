/** The periodic look: each a full pause after the one before has ended, so that they never pile up. */
export class Rereads {
  readonly #look: () => Promise<void>;
  #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  /** @param everyMs 0: never */
  constructor(everyMs: number, look: () => Promise<void>) {
    this.#everyMs = everyMs;
    this.#look = look;
  }

  begin(): void {
    if (this.#everyMs === 0 || this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#look().then(() => this.begin());
    }, this.#everyMs);
  }

  /** From now on; 0: never. */
  every(ms: number): void {
    if (ms === this.#everyMs) return;
    this.#everyMs = ms;
    // A look that is under way begins the next pause when it ends.
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.begin();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }
}
