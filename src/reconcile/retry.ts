const firstMs = 1_000;
const longestMs = 30_000;

/** Calls back for what is unfinished: after 1 s, then twice as long each time, up to 30 s. */
export class Retry {
  readonly #again: (ids: readonly string[]) => void;
  readonly #unfinished = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #delayMs = firstMs;

  constructor(again: (ids: readonly string[]) => void) {
    this.#again = again;
  }

  add(id: string): void {
    this.#unfinished.add(id);
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#again([...this.#unfinished]);
    }, this.#delayMs);
    this.#delayMs = Math.min(this.#delayMs * 2, longestMs);
  }

  finish(id: string): void {
    this.#unfinished.delete(id);
    if (this.#unfinished.size === 0) this.close();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#unfinished.clear();
    this.#delayMs = firstMs;
  }
}
