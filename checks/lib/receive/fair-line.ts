/**
 * Who is next for a thing that one at a time can use. Each owner's turns are weighed by what its former
 * ones took: who took much waits until the others have had as much, and whoever comes anew is next.
 * (Start-time fair queueing: Goyal, Vin, Cheng, 1996.)
 */
export interface FairLine<T> {
  readonly size: number;
  add(owner: string, item: T): void;
  /** Out of the line; harmless when it is not in it. */
  remove(item: T): void;
  /** The one whose turn it is, taken from the line. `took` is to be called once it is done. */
  next(): { readonly item: T; readonly took: (cost: number) => void } | undefined;
}

export function createFairLine<T>(): FairLine<T> {
  /** Owners by item, in the order in which they came. */
  const line = new Map<T, string>();
  /** Where each owner's next turn may start at the earliest; gone when that is past. */
  const earliest = new Map<string, number>();
  let now = 0;

  const startOf = (owner: string): number => Math.max(now, earliest.get(owner) ?? 0);

  return {
    get size() {
      return line.size;
    },
    add: (owner, item) => {
      line.set(item, owner);
    },
    remove: (item) => {
      line.delete(item);
    },
    next: () => {
      let first: readonly [item: T, owner: string, start: number] | undefined;
      for (const [item, owner] of line) {
        const start = startOf(owner);
        if (first === undefined || start < first[2]) first = [item, owner, start];
      }
      if (first === undefined) return undefined;
      const [item, owner, start] = first;
      line.delete(item);
      now = start;
      return {
        item,
        took: (cost) => {
          earliest.set(owner, startOf(owner) + cost);
          for (const [each, at] of earliest) if (at <= now) earliest.delete(each);
        },
      };
    },
  };
}
