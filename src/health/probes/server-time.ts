/**
 * What a passed deadline is worth: the one place that decides it. All times are milliseconds, by one
 * monotonic clock.
 *
 *      asked          heard           heard                              now
 *        ├──────────────┼───────────────┼──────────────────────────────────┤
 *        └─ an answer ──┴─ an answer ───┴───── the present silence ────────┘
 *          less what      less what       whole: a poll that has just been
 *          the loop lost  the loop lost   done found nothing from the server
 *
 * The sum is what the server had. It is down when that has reached its timeout, however late we look. An answer may
 * have lain in the socket for as long as our loop stood still, so that much of it is not the server's;
 * silence may not: the kernel takes packets whether we run or not, and the poll would have found them.
 *
 * So nobody is blamed for our slowness, and there is no silence that it excuses: a server that says nothing is
 * judged at the first look after its time, and only who has answered meanwhile gets more of it.
 */
export class ServerTime {
  #since: number;
  #lostBefore: number;
  #answeredMs = 0;

  /** @param lostMs what the loop has lost in all until now: LoopLag.lostMs */
  constructor(asked: number, lostMs: number) {
    this.#since = asked;
    this.#lostBefore = lostMs;
  }

  /** The server has said something, and has the next question. */
  heard(now: number, lostMs: number): void {
    this.#answeredMs += Math.max(0, now - this.#since - (lostMs - this.#lostBefore));
    this.#since = now;
    this.#lostBefore = lostMs;
  }

  /** Only after a poll: what has not been read then has not been said. */
  hadMs(now: number): number {
    return this.#answeredMs + (now - this.#since);
  }
}

/**
 * Who looks this late first lets the loop run for a moment, once a run: after a pause of the whole machine, what
 * waits outside it comes in only now.
 */
export const lateLookMs = 50;
export const breathMs = 100;

/** Answers that come drop by drop while we are starved: at some point it is over. */
export const longestRunMs = (timeoutMs: number): number => Math.max(60_000, 20 * timeoutMs);

/** From a stop of this length on, packets may have been lost for us. */
const longStopMs = 5000;

/**
 * Whether a failure may be of our own making: the whole machine stood still for so long that the network gave up on
 * it, or a server hung up on the question that we left half spoken. Then it is no verdict, and the
 * server is asked again at once. Once: the second time in a row it counts.
 * @param lostMs what the loop lost during the run
 */
export function mayBeOurDoing(reason: string, lostMs: number, timeoutMs: number): boolean {
  if (silent.has(reason)) return lostMs >= Math.max(longStopMs, timeoutMs);
  return hungUp.has(reason) && lostMs >= Math.max(250, timeoutMs / 4);
}

const silent: ReadonlySet<string> = new Set(["timeout", "unreachable"]);
const hungUp: ReadonlySet<string> = new Set(["closed", "tls", "protocol", "status", "auth"]);
