import type { Punctuality } from "./probes/schedule-watch.ts";

/** Counted since the start of the program, except the first three and the last two, which are now. */
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
  /** Threads that check real servers beside the main one, now. */
  readonly threads: number;
  /** Probes that local trouble leaves without a verdict, now. */
  readonly held: number;
}
