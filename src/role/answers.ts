import type { Word } from "./role.ts";

/** Something that is asked for the role, again and again, until it is stopped. */
export interface Follower {
  stop(): void;
}

export interface AnswersOptions {
  /** Rejects never. */
  readonly ask: () => Promise<Word>;
  /** Between two questions. */
  readonly intervalMs: number;
  /** What is asked, for who is told that it is silent. */
  readonly what: string;
  /** Each answer, the same one again too. */
  readonly tell: (word: Word) => void;
}

/** No answer in so long is one: nobody knows. */
export const patienceMs = 5_000;
/** Whoever has news all the time is asked no more often. */
const leastPauseMs = 50;

/**
 * Asks, one question at a time. Who knew the role and does not any more is asked once more, after the interval, before
 * that is believed: a file is empty for a moment while it is written.
 */
export function followAnswers({ ask, intervalMs, what, tell }: AnswersOptions): Follower & {
  /** There may be news. */
  askSoon(): void;
} {
  let isStopped = false;
  let isKnown = false;
  /** Monotonic. */
  let doubtedAt: number | undefined;
  let isAsking = false;
  let isNews = false;
  let timer: NodeJS.Timeout | undefined;

  const hear = (word: Word): void => {
    if (isStopped) return;
    const now = performance.now();
    if (word.kind !== "unknown") doubtedAt = undefined;
    else if (isKnown) {
      doubtedAt ??= now;
      if (now - doubtedAt < intervalMs) return;
    }
    isKnown = word.kind !== "unknown";
    tell(word);
  };
  const askIn = (ms: number): void => {
    clearTimeout(timer);
    if (isStopped) return;
    timer = setTimeout(() => void askOnce(), ms);
    timer.unref();
  };
  const askOnce = async (): Promise<void> => {
    isAsking = true;
    isNews = false;
    let isLate = false;
    const silent = setTimeout(() => {
      isLate = true;
      isKnown = false;
      hear({ kind: "unknown", why: `${what} has not answered within ${patienceMs / 1000} s` });
    }, patienceMs);
    silent.unref();
    const word = await ask();
    clearTimeout(silent);
    isAsking = false;
    // One who was cut short has nothing to add to its silence.
    if (!isLate || word.kind !== "unknown") hear(word);
    askIn(isNews ? leastPauseMs : intervalMs);
  };
  void askOnce();
  return {
    askSoon: () => {
      if (isAsking) isNews = true;
      else if (!isNews) {
        isNews = true;
        askIn(leastPauseMs);
      }
    },
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
