import type { Report } from "./report.ts";

/** `up`, `failed`: a verdict. `none`: a check that proved nothing. `missed`: an interval in which no check ended. */
export type Mark = "up" | "failed" | "none" | "missed";

/** More than any terminal shows. */
const longest = 60;
/** A check that answers at once comes an interval after the one before, give or take what this process was late. */
const tolerance = 1.5;

interface Beat {
  readonly marks: Mark[];
  /** Of the newest check that is in `marks`. */
  checkedAt: number | undefined;
  /** Up to when `marks` go. */
  markedAt: number;
}

/** What became of the checks of each server, one mark an interval, so that beats stand side by side. */
export class Beats {
  readonly #beats = new Map<string, Beat>();

  /** @param now epoch milliseconds */
  note(report: Report, now: number): void {
    for (const { id, intervalMs, reals } of report) {
      for (const { real, check } of reals) {
        const beat = this.#of(`${id} ${real}`, now);
        if (check !== undefined && check.at !== beat.checkedAt) {
          beat.checkedAt = check.at;
          beat.marks.push(check.mark);
          beat.markedAt = now;
        } else if (now - beat.markedAt > tolerance * intervalMs) {
          beat.marks.push("missed");
          beat.markedAt += intervalMs;
        }
        beat.marks.splice(0, beat.marks.length - longest);
      }
    }
  }

  /** The newest last. */
  of(service: string, real: string): readonly Mark[] {
    return this.#beats.get(`${service} ${real}`)?.marks ?? [];
  }

  #of(key: string, now: number): Beat {
    const known = this.#beats.get(key);
    if (known !== undefined) return known;
    const fresh: Beat = { marks: [], checkedAt: undefined, markedAt: now };
    this.#beats.set(key, fresh);
    return fresh;
  }
}
