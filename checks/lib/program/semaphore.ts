/** A bound on how many of something are under way at once; who comes when all are taken waits in line. */
import type { RunSignal } from "../run-signal.ts";
export interface Slots {
  /** Who comes now waits. */
  readonly isFull: boolean;
  /** Rejects with the signal's reason when it aborts first. @returns gives the slot back; calling it twice is harmless */
  take(signal: RunSignal): Promise<() => void>;
}

export function createSlots(limit: number): Slots {
  let free = limit;
  const line = new Set<() => void>();

  const hold = (): (() => void) => {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const [next] = line;
      if (next === undefined) free++;
      else next();
    };
  };

  return {
    get isFull() {
      return free === 0;
    },
    take: (signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        if (free > 0) {
          free--;
          resolve(hold());
          return;
        }
        const leave = (): void => {
          line.delete(onTurn);
          signal.removeEventListener("abort", onAbort);
        };
        const onTurn = (): void => {
          leave();
          resolve(hold());
        };
        const onAbort = (): void => {
          leave();
          reject(signal.reason);
        };
        line.add(onTurn);
        signal.addEventListener("abort", onAbort);
      }),
  };
}
