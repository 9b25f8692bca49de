import type { LogRecord, LogSink } from "../record.ts";

/** A record with its place in the sequence: later ones have higher numbers. */
export interface KeptRecord extends LogRecord {
  readonly number: number;
}

/** The newest records, in memory: bounded in number and in characters. */
export class RecordRing implements LogSink {
  readonly #maxRecords: number;
  readonly #maxChars: number;
  #records: KeptRecord[] = [];
  #chars = 0;
  #number = 0;
  readonly #listeners = new Set<() => void>();

  constructor(maxRecords = 10_000, maxChars = 4 * 1024 * 1024) {
    this.#maxRecords = maxRecords;
    this.#maxChars = maxChars;
  }

  write(record: LogRecord): void {
    const { time, severity, name, text, fields } = record;
    // Not a spread: an object that is more than what it was spread from has a hidden class of its own.
    this.#records.push({ time, severity, name, text, fields, number: ++this.#number });
    this.#chars += sizeOf(record);
    if (this.#records.length > this.#maxRecords || this.#chars > this.#maxChars) this.#shorten();
    for (const tell of this.#listeners) tell();
  }

  /** Those after the one of this number, oldest first, `max` at most. */
  after(number: number, max: number): readonly KeptRecord[] {
    const first = this.#records[0]?.number ?? 0;
    const from = Math.max(0, number + 1 - first);
    return this.#records.slice(from, from + max);
  }

  /** The number that the first record since then comes after. @param time epoch milliseconds */
  before(time: number): number {
    return (this.#records.find((record) => record.time >= time)?.number ?? this.#number + 1) - 1;
  }

  /** Settles with the next record, or when `signal` aborts. */
  next(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const settle = () => {
        this.#listeners.delete(settle);
        signal.removeEventListener("abort", settle);
        resolve();
      };
      this.#listeners.add(settle);
      signal.addEventListener("abort", settle);
    });
  }

  /** It goes on: a log that is redirected keeps it. */
  close(): void {}

  /** A tenth at a time: moving all for each record would cost more than it is worth. */
  #shorten(): void {
    const keepRecords = Math.floor(this.#maxRecords * 0.9);
    const keepChars = this.#maxChars * 0.9;
    let drop = 0;
    for (const record of this.#records) {
      if (this.#records.length - drop <= keepRecords && this.#chars <= keepChars) break;
      this.#chars -= sizeOf(record);
      drop++;
    }
    this.#records = this.#records.slice(drop);
  }
}

/** About what it holds. */
const sizeOf = ({ text }: LogRecord): number => 2 * text.length + 200;
