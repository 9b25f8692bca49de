import type { Logger } from "../../log/logger.ts";
import type { ProbeSpec } from "../plan.ts";
import type { ProbeOutcome } from "../probes/runner.ts";
import { Answers } from "./answers.ts";
import { judge } from "./excuse.ts";
import { FaultEpisodes, type LocalFault } from "./fault-episodes.ts";
import type { LocalLink } from "./local-link.ts";

export interface ExcusesOptions {
  readonly log: Logger;
  readonly ownLink: LocalLink | undefined;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
}

/** What becomes of runs that our own trouble spoiled: keeps what `judge` has to know, and tells of it. */
export class Excuses {
  readonly #options: ExcusesOptions;
  readonly #answers: Answers;
  readonly #episodes: FaultEpisodes;
  /** When the first spoiled run of a probe started, by its id; those in no trouble are not in it. */
  readonly #since = new Map<string, number>();

  constructor(options: ExcusesOptions) {
    this.#options = options;
    this.#answers = new Answers(options.ownLink);
    this.#episodes = new FaultEpisodes(options.log);
  }

  /** @returns what the outcome is worth */
  judge(spec: ProbeSpec, outcome: ProbeOutcome): ProbeOutcome {
    if (outcome.kind === "cut-short") return outcome;
    const { id, target, intervalMs, main } = spec;
    const { address } = target;
    const nowMs = this.#options.clock();
    if (outcome.kind === "verdict") {
      this.#answers.note(address, outcome.verdict, nowMs);
      this.forget(id);
      return outcome;
    }
    const sinceMs = this.#since.get(id) ?? nowMs - (outcome.durationMs ?? 0);
    this.#since.set(id, sinceMs);
    const judged = judge(outcome, {
      nowMs,
      sinceMs,
      roundMs: intervalMs + main.timeoutMs,
      othersAnsweredMs: this.#answers.newestBeside(address),
      isAlone: this.#episodes.isAlone(outcome.code, address),
    });
    const isHeld = judged.kind !== "verdict";
    this.#episodes.hit({ id, address }, outcome, isHeld, this.#options.now());
    return judged;
  }

  /** The probe has had its own verdict, is not asked for a while, or is gone. */
  forget(probeId: string): void {
    if (this.#since.delete(probeId)) this.#episodes.settled(probeId);
  }

  /** Local trouble that is going on. */
  current(): readonly LocalFault[] {
    return this.#episodes.current();
  }
}
