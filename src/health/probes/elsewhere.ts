import type { Run } from "../../../checks/lib/run-signal.ts";
import type { ProbeSpec } from "../plan.ts";
import type { Settled } from "./runner.ts";

/** One run of a probe, as far as it is decided here. */
export interface DueRun {
  readonly spec: ProbeSpec;
  readonly asked: "main" | "between";
  /** How many runs before it had no verdict because the loop stood still. */
  readonly excused: number;
  /** Aborting it cuts the run short. */
  readonly signal: Run;
}

/** Who waits for a run: hears that it began, and then what became of it. */
export interface Asker extends Settled {
  /** @param waitedMs since it was handed over */
  onBegun(waitedMs: number): void;
}

/** Other threads, which may have runs in the place of this one. */
export interface Elsewhere {
  /** @returns whether one has it; then the asker hears of it, once, whatever becomes of the thread */
  take(run: DueRun, asker: Asker): boolean;
}

/** The code of a run that was lost with the thread that had it: nobody's word on the server, who is asked again at once. */
export const threadLost = "thread-lost";
