import type { Difference } from "./case.ts";

/**
 * What an operator does with one instance: shell commands, the same on both directors. After each, both programs have
 * ended the same way, said the same, and left the same behind: pid files, processes, log, table, calls of programs.
 */
export interface Act {
  readonly name: string;
  /** Shell text. */
  readonly run: string;
  readonly differs?: readonly Difference[];
}

export interface Scene {
  readonly name: string;
  /** By their path on the directors. RS1, VIP, … as in case.ts. */
  readonly files: Readonly<Record<string, string>>;
  /** Default: /var/log/ldirectord.log. */
  readonly log?: string;
  readonly acts: readonly Act[];
  /** In any of its acts. */
  readonly differs?: readonly Difference[];
}
