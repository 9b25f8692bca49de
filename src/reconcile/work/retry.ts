const firstMs = 1_000;
const longestMs = 30_000;

interface Wait {
  timer: NodeJS.Timeout | undefined;
  nextMs: number;
}

/** Calls back for each thing that is unfinished: after 1 s, then twice as long each time, up to 30 s. */
export class Retry {
  readonly #again: (id: string) => void;
  readonly #waits = new Map<string, Wait>();

  constructor(again: (id: string) => void) {
    this.#again = again;
  }

  /** It failed, the first time or again. */
  add(id: string): void {
    const wait = this.#waits.get(id) ?? { timer: undefined, nextMs: firstMs };
    this.#waits.set(id, wait);
    if (wait.timer !== undefined) return;
    wait.timer = setTimeout(() => {
      wait.timer = undefined;
      this.#again(id);
    }, wait.nextMs);
    wait.nextMs = Math.min(wait.nextMs * 2, longestMs);
  }

  finish(id: string): void {
    clearTimeout(this.#waits.get(id)?.timer);
    this.#waits.delete(id);
  }

  close(): void {
    for (const id of this.#waits.keys()) this.finish(id);
  }
}
