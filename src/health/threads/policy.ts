/**
 * How many threads ask real servers, and which share of them, by how busy each event loop is. The load decides: a
 * director that has little to do has one thread, however many processors there are.
 */

/** Of one look. 0 to 1 each: which part of the time the loop was at work. */
export interface Load {
  readonly main: number;
  readonly threads: readonly number[];
}

export interface Spread {
  readonly threads: number;
  /** Of the probes that can be asked by threads, so many are, 0 to 1; each thread has the same part of them. */
  readonly share: number;
}

/** What was decided, and what speaks for another decision: so many looks in a row. */
export interface Standing extends Spread {
  readonly crowded: number;
  readonly quiet: number;
}

export const alone: Standing = { threads: 0, share: 0, crowded: 0, quiet: 0 };

export const lookEveryMs = 2_000;
/** A loop that is busier than this cannot hold it for long. */
const crowdedFrom = 2 / 3;
const looksToMore = 5;
/** One fewer would have room to spare. */
const quietBelow = crowdedFrom * crowdedFrom;
const looksToFewer = 90;
/** Where loops differ by more, the share is moved before another thread is started. */
const uneven = 0.15;
const step = 1 / 8;

/** @param most as many threads as there is work for beside the main one */
export function nextStanding(before: Standing, load: Load, most: number): Standing {
  const { threads } = before;
  const busiest = Math.max(load.main, ...load.threads);
  if (busiest > crowdedFrom) {
    const crowded = before.crowded + 1;
    if (crowded < looksToMore) return { ...before, crowded, quiet: 0 };
    return { ...relieved(before, load, most), crowded: 0, quiet: 0 };
  }
  const all = load.threads.reduce((sum, each) => sum + each, load.main);
  const isQuiet = threads > 0 && all < quietBelow * threads;
  const quiet = isQuiet ? before.quiet + 1 : 0;
  if (quiet < looksToFewer) return { ...before, crowded: 0, quiet };
  return { ...spreadOver(threads - 1), crowded: 0, quiet: 0 };
}

function relieved({ threads, share }: Spread, { main, threads: busy }: Load, most: number): Spread {
  const others = Math.max(0, ...busy);
  if (threads > 0 && main > others + uneven && share < 1) {
    return { threads, share: Math.min(1, share + step) };
  }
  if (threads > 0 && others > main + uneven && share > step)
    return { threads, share: share - step };
  return threads < most ? spreadOver(threads + 1) : { threads, share };
}

/** The main loop has as much as each of the others to begin with. */
export const spreadOver = (threads: number): Spread => ({
  threads,
  share: threads / (threads + 1),
});
