/**
 * Says to one run of a probe that it is to end. What an AbortSignal is made of, less what makes one dear: there are
 * thousands a second, and each hears of one thing at most once.
 */
export interface RunSignal {
  readonly aborted: boolean;
  /** Once it is aborted. */
  readonly reason: Error;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** One object for all, for its stack costs. */
const cutShort = new Error("cut short by ldirectord");
const goesOn = new Error("the run goes on");

/** The signal of a run, and who may give it. */
export class Run implements RunSignal {
  #reason: Error | undefined;
  /** Mostly there are two: who runs it, and the socket that is waited for. */
  #first: (() => void) | undefined;
  #second: (() => void) | undefined;
  #more: Set<() => void> | undefined;

  get aborted(): boolean {
    return this.#reason !== undefined;
  }

  get reason(): Error {
    return this.#reason ?? goesOn;
  }

  throwIfAborted(): void {
    if (this.#reason !== undefined) throw this.#reason;
  }

  addEventListener(_: "abort", listener: () => void): void {
    if (this.aborted || listener === this.#first || listener === this.#second) return;
    if (this.#more !== undefined) this.#more.add(listener);
    else if (this.#first === undefined) this.#first = listener;
    else if (this.#second === undefined) this.#second = listener;
    else this.#more = new Set([listener]);
  }

  removeEventListener(_: "abort", listener: () => void): void {
    if (this.#first === listener) this.#first = undefined;
    else if (this.#second === listener) this.#second = undefined;
    else this.#more?.delete(listener);
  }

  /** How many listen. */
  get listeners(): number {
    const few = (this.#first === undefined ? 0 : 1) + (this.#second === undefined ? 0 : 1);
    return few + (this.#more?.size ?? 0);
  }

  /** Calls those who listen, once. */
  abort(reason: Error = cutShort): void {
    if (this.aborted) return;
    this.#reason = reason;
    const listeners = [this.#first, this.#second, ...(this.#more ?? [])];
    this.#first = undefined;
    this.#second = undefined;
    this.#more = undefined;
    for (const listener of listeners) listener?.();
  }
}
