/**
 * When a probe is next due, and which probe that is. All times are milliseconds of one monotonic clock, with
 * fractions. Ticks lie at `(offset + k) * interval` from that clock's zero: start to start, so a slow
 * answer moves nothing, and a stable offset for each probe, so that they do not come in waves.
 */

/** The first round is over within this, however long the interval; */
const firstRoundMs = 1000;
/**
 * unless it is of more than can be asked in it: so many a second, which leaves one loop half of its time for the table
 * (bench/first-round.mjs).
 */
const startsASecond = 4_000;

/** Which part of the first round is a probe's, of so many that begin together. */
export interface FirstRound {
  readonly probes: number;
  /** Fractions of the round. */
  readonly from: number;
  readonly to: number;
}

export const wholeRound: FirstRound = { probes: 1, from: 0, to: 1 };

/** A probe's own fraction of the interval, 0 up to but not including 1; equal ids, equal fractions. */
export function offsetOf(id: string): number {
  // FNV-1a, then murmur3's finishing step: ids that differ in one digit must land far apart.
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** @param start when the probe came into being */
export function firstDue(
  offset: number,
  intervalMs: number,
  start: number,
  { probes, from, to }: FirstRound = wholeRound,
): number {
  const roundMs = Math.max(Math.min(intervalMs, firstRoundMs), (probes / startsASecond) * 1000);
  return start + (from + offset * (to - from)) * roundMs;
}

/** The first tick after `after`. Ticks that passed unused are gone: they are not made up for. */
export function tickAfter(offset: number, intervalMs: number, after: number): number {
  const first = offset * intervalMs;
  const tick = first + Math.ceil((after - first) / intervalMs) * intervalMs;
  return tick > after ? tick : tick + intervalMs;
}

export interface NextDue {
  readonly due: number;
  /** It is no tick of its own. */
  readonly isOffBeat: boolean;
}

/**
 * When to start next: at the next tick. After a run off the beat, the first one or one asked for at once, it is at least half
 * an interval away, so that two answers are not two samples of one blip; and where it is more than an interval away,
 * one run off the beat is half way to it, so that a server that fails is found out within an interval at any time.
 * @param due when the run that just ended should have started
 */
export function nextDue(
  offset: number,
  intervalMs: number,
  { due, now, isOffBeat }: NextDue & { now: number },
): NextDue {
  // A timer may fire a fraction early: the tick that was just served must not come again.
  const after = isOffBeat ? Math.max(now, due + intervalMs / 2) : Math.max(now, due);
  const tick = tickAfter(offset, intervalMs, after);
  const halfWay = (due + tick) / 2;
  if (isOffBeat && tick - due > intervalMs && halfWay > now) {
    return { due: halfWay, isOffBeat: true };
  }
  return { due: tick, isOffBeat: false };
}

/** How many connects are still to come before the next negotiate. 0: negotiate. */
export type Turn = number;

/**
 * `checktype=N`: a negotiate, after a good one N connects, and round again. Any failure is looked into by a
 * negotiate next. With N = 0, and for every other checktype, the turn is always 0.
 */
export function nextTurn(turn: Turn, isUp: boolean, connects: number): Turn {
  if (!isUp) return 0;
  return turn === 0 ? connects : turn - 1;
}
