const minuteMs = 60_000;
/** What a director that was off missed for longer is not made good. */
const catchUpMinutes = 2 * 24 * 60;
/** A clock that goes back by more was wrong before; by less, it is the end of summer time. */
const backMinutes = 3 * 60;

/**
 * The times of a digest, on the clock on the wall: each minute that it shows, or jumps over, counts, and none counts
 * twice. So a digest comes an hour off on two days of the year, and never twice or never.
 */
export class Digest {
  readonly #matches: (wallMinute: number) => boolean;
  readonly #wallMinute: (now: number) => number;
  #seen: number;

  /**
   * @param matches whether the expression names this minute of the wall's clock
   * @param seen the last minute that was looked at; undefined: the present one
   */
  constructor(
    matches: (wallMinute: number) => boolean,
    now: number,
    seen?: number,
    wallMinute = wallMinuteOf,
  ) {
    this.#matches = matches;
    this.#wallMinute = wallMinute;
    this.#seen = seen ?? wallMinute(now);
  }

  /** Outlives the daemon: a digest that came due while there was none is due when it starts. */
  get seen(): number {
    return this.#seen;
  }

  /** Whether one has come due since the last look. @param now epoch milliseconds */
  isDue(now: number): boolean {
    const minute = this.#wallMinute(now);
    if (minute <= this.#seen) {
      if (minute < this.#seen - backMinutes) this.#seen = minute;
      return false;
    }
    const from = Math.max(this.#seen, minute - catchUpMinutes);
    this.#seen = minute;
    for (let each = from + 1; each <= minute; each++) if (this.#matches(each)) return true;
    return false;
  }
}

/** The clock on the wall, in minutes from 1970 on, as if there were no time zones. */
function wallMinuteOf(now: number): number {
  const at = new Date(now);
  const wall = Date.UTC(
    ...([at.getFullYear(), at.getMonth(), at.getDate(), at.getHours(), at.getMinutes()] as const),
  );
  return wall / minuteMs;
}

/** @returns for Digest, by the library node-cron; undefined: it is no expression of five fields */
export async function cronMatches(
  expression: string,
): Promise<((wallMinute: number) => boolean) | undefined> {
  if (expression.trim().split(/\s+/).length !== 5) return undefined;
  const { createTask, validate } = await import("node-cron");
  if (!validate(expression)) return undefined;
  const task = createTask(expression, () => {}, { timezone: "UTC" });
  return (wallMinute) => task.match(new Date(wallMinute * minuteMs));
}
