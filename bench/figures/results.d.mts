import type { Figure } from "./statistics.mjs";

/** What runs of the bench have measured. */
export interface Results {
  readonly machine: object;
  /** By row: when and how it was measured. */
  readonly rows: Readonly<Record<string, object>>;
  readonly figures: readonly Figure[];
}

export function merged(before: Results | undefined, now: Results): Results;

/** Its JSON, the values of a contestant on one line, with four digits. */
export function textOf(result: object): string;
