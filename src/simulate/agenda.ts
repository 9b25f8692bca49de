interface Entry<T> {
  readonly at: number;
  /** Of two at the same time the one that was added first comes first. */
  readonly nth: number;
  readonly what: T;
}

/** What is to come, in its order: a binary heap. Times are milliseconds. */
export class Agenda<T> {
  readonly #heap: Entry<T>[] = [];
  #added = 0;

  add(at: number, what: T): void {
    const entry = { at, nth: this.#added++, what };
    let place = this.#heap.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.#heap[parent];
      if (above === undefined || !isBefore(entry, above)) break;
      this.#heap[place] = above;
      place = parent;
    }
    this.#heap[place] = entry;
  }

  /** The next one, which is taken out; undefined when there is none. */
  next(): { readonly at: number; readonly what: T } | undefined {
    const [first] = this.#heap;
    const last = this.#heap.pop();
    if (first === undefined || last === undefined || this.#heap.length === 0) return first;
    let place = 0;
    for (;;) {
      const [left, right] = [this.#heap[2 * place + 1], this.#heap[2 * place + 2]];
      const isRight = left !== undefined && right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (child === undefined || !isBefore(child, last)) break;
      this.#heap[place] = child;
      place = 2 * place + (isRight ? 2 : 1);
    }
    this.#heap[place] = last;
    return first;
  }
}

const isBefore = <T>(a: Entry<T>, b: Entry<T>): boolean =>
  a.at < b.at || (a.at === b.at && a.nth < b.nth);
