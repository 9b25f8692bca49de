import type { LastOutcome } from "./monitor.ts";
import type { ProbeOutcome } from "./probes/runner.ts";

/** So many results are kept of each probe. */
const keptResults = 20;

/** The newest results of one probe. Of many servers there are many: what is the same is kept once. */
export class History {
  /** Times and durations, in pairs; a ring. */
  readonly #times = new Float64Array(2 * keptResults);
  readonly #outcomes: Kept[] = [];
  #next = 0;

  /** @param at epoch milliseconds */
  add(at: number, outcome: ProbeOutcome, asked: LastOutcome["probeKind"]): void {
    if (outcome.kind === "cut-short") return;
    const slot = this.#next % keptResults;
    const kept = keptOf(outcome, asked);
    const before = this.#outcomes[(this.#next + keptResults - 1) % keptResults];
    this.#times[2 * slot] = at;
    this.#times[2 * slot + 1] = outcome.durationMs ?? Number.NaN;
    this.#outcomes[slot] = before !== undefined && isSame(before, kept) ? before : kept;
    this.#next++;
  }

  /** Newest first. */
  results(): readonly CheckResult[] {
    const count = Math.min(this.#next, keptResults);
    return Array.from({ length: count }, (_, i): CheckResult => {
      const slot = (this.#next - 1 - i) % keptResults;
      const durationMs = this.#times[2 * slot + 1];
      return {
        at: this.#times[2 * slot] ?? 0,
        ...(durationMs !== undefined && !Number.isNaN(durationMs) && { durationMs }),
        ...(this.#outcomes[slot] as Kept),
      };
    });
  }
}

interface Kept {
  /** `up`, why it is down, or the code of the local trouble that left it without a verdict. */
  readonly result: string;
  readonly kind: "verdict" | "local-fault";
  /** In the check's words. */
  readonly detail: string;
  readonly asked: LastOutcome["probeKind"];
  /** What was said, of one that is down. */
  readonly words?: readonly string[];
}

export interface CheckResult extends Kept {
  /** Epoch milliseconds: its end. */
  readonly at: number;
  readonly durationMs?: number;
}

function keptOf(
  outcome: Exclude<ProbeOutcome, { kind: "cut-short" }>,
  asked: LastOutcome["probeKind"],
): Kept {
  if (outcome.kind === "local-fault") {
    return { kind: "local-fault", result: outcome.code, detail: outcome.detail, asked };
  }
  const { verdict, words } = outcome;
  return {
    kind: "verdict",
    result: verdict.up ? "up" : verdict.reason,
    detail: verdict.detail,
    asked,
    ...(words !== undefined && words.length > 0 && { words }),
  };
}

const isSame = (a: Kept, b: Kept): boolean =>
  a.result === b.result &&
  a.kind === b.kind &&
  a.detail === b.detail &&
  a.asked === b.asked &&
  String(a.words) === String(b.words);
