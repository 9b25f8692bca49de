/** When how many of the notices that wait go out together. Each is a value, or nearly: no clock of its own. */
import type { Digest } from "./digest.ts";

/** So many, now; or none, and look again in so long. */
type Turn = { readonly take: number } | { readonly waitMs: number };

export interface Pace {
  /** The first begins to wait. */
  begin(now: number): void;
  /** @param waiting at least 1 @param now epoch milliseconds */
  turn(waiting: number, now: number): Turn;
  /** Something has gone out. */
  sent(now: number): void;
}

export const oneByOne: Pace = { begin: () => {}, turn: () => ({ take: 1 }), sent: () => {} };

/** Of mails beyond so many in a time, one is made at its end. */
export function atMost({ mails, perMs }: { readonly mails: number; readonly perMs: number }): Pace {
  let times: number[] = [];
  let isHeld = false;
  return {
    begin: () => {},
    turn(waiting, now) {
      times = times.filter((at) => at <= now && now - at < perMs);
      const [oldest] = times;
      if (oldest !== undefined && times.length >= mails) {
        isHeld = true;
        return { waitMs: oldest + perMs - now };
      }
      return { take: isHeld ? waiting : 1 };
    },
    sent(now) {
      isHeld = false;
      times.push(now);
    },
  };
}

const lookMs = 20_000;

/** All at once, at the digest's times. */
export function byDigest(digest: Digest): Pace {
  let isDue = false;
  return {
    // A time before that was none of its.
    begin: (now) => void digest.isDue(now),
    turn(waiting, now) {
      isDue ||= digest.isDue(now);
      return isDue ? { take: waiting } : { waitMs: lookMs };
    },
    sent() {
      isDue = false;
    },
  };
}
