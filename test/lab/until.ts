/** An emulated kernel on a busy host is fifty times slower than a real one. */
export const patienceMs = 120_000;

/**
 * Looks again and again until the value is as wanted, and returns it.
 * @throws Error naming the last value, when it never was before the deadline
 */
export async function until<T>(
  look: () => Promise<T>,
  wanted: (value: T) => boolean,
  what: string,
  deadlineMs = patienceMs,
  everyMs = 100,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await look();
    if (wanted(value)) return value;
    if (performance.now() > end) {
      throw new Error(`not within ${deadlineMs} ms: ${what}; last seen: ${JSON.stringify(value)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** For traffic, whose length is its measure; for nothing else. */
export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));
