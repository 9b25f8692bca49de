import type { Punctuality } from "./probes/schedule-watch.ts";

/** Counted since the start of the program, except the first three and the last, which are now. */
export interface HealthStatistics {
  readonly probes: number;
  readonly underWay: number;
  readonly waiting: number;
  readonly verdicts: number;
  readonly localFaults: number;
  readonly cutShort: number;
  readonly abandoned: number;
  /** Runs that were never started because the one before took too long. */
  readonly skipped: number;
  readonly punctuality: Punctuality;
  /** Probes that local trouble leaves without a verdict, now. */
  readonly held: number;
}
