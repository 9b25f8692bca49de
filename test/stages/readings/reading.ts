import type { Difference } from "../parity/case.ts";

/**
 * A configuration file that is read once, by `start`: both programs end the same way, say the same of it, and have a
 * daemon running afterwards, or not.
 */
export interface Reading {
  readonly name: string;
  /** The whole file, with its last line end or without. RS1, VIP, … as in case.ts. */
  readonly text: string;
  readonly differs?: readonly Difference[];
}

export interface Readings {
  readonly name: string;
  readonly readings: readonly Reading[];
}
