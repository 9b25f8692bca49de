import type { LastOutcome } from "./monitor.ts";
import type { ProbeOutcome } from "./probes/runner.ts";

/** So many results are kept of each probe. */
const keptResults = 20;

/** The newest results of one probe. Of many servers there are many: what is the same is kept once. */
export class History {
  /** Times and durations, in pairs; a ring. */
  #times: number[] = [];
  /** Mostly there is one: what has been said all the time. */
  #changes: readonly Change[] = [];
  /** So many there have been. */
  #count = 0;

  /** @param at epoch milliseconds */
  add(at: number, outcome: ProbeOutcome, asked: LastOutcome["probeKind"]): void {
    if (outcome.kind === "cut-short") return;
    const slot = 2 * (this.#count % keptResults);
    const durationMs = outcome.durationMs ?? Number.NaN;
    if (slot < this.#times.length) {
      this.#times[slot] = at;
      this.#times[slot + 1] = durationMs;
    } else {
      // `push` would leave room for 17 more, for each probe there is; so does a spread.
      this.#times = this.#times.concat(at, durationMs);
    }
    const before = this.#changes.at(-1);
    if (before === undefined || !isSame(before.kept, outcome, asked)) {
      newest = changeTo(outcome, asked, this.#count);
      this.#changes = this.#changes.concat(newest);
    }
    this.#count++;
    const oldest = this.#count - keptResults;
    // The next one covers all that is left.
    if ((this.#changes[1]?.from ?? this.#count) <= oldest) this.#changes = this.#changes.slice(1);
  }

  /** Newest first. */
  results(): readonly CheckResult[] {
    const length = Math.min(this.#count, keptResults);
    return Array.from({ length }, (_, i): CheckResult => {
      const number = this.#count - 1 - i;
      const slot = 2 * (number % keptResults);
      const durationMs = this.#times[slot + 1];
      return {
        at: this.#times[slot] ?? 0,
        ...(durationMs !== undefined && !Number.isNaN(durationMs) && { durationMs }),
        ...(this.#changes.findLast(({ from }) => from <= number)?.kept as Kept),
      };
    });
  }
}

/** The newest of any probe: most servers say the same. */
let newest: Change | undefined;

function changeTo(outcome: Told, asked: Kept["asked"], from: number): Change {
  if (newest === undefined || !isSame(newest.kept, outcome, asked))
    return { kept: keptOf(outcome, asked), from };
  return newest.from === from ? newest : { kept: newest.kept, from };
}

interface Change {
  readonly kept: Kept;
  /** The number of the first result that says so. */
  readonly from: number;
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

type Told = Exclude<ProbeOutcome, { kind: "cut-short" }>;

function keptOf(outcome: Told, asked: LastOutcome["probeKind"]): Kept {
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

/** Whether `outcome` would be kept as that. Asked of each, so nothing is made for it. */
function isSame(kept: Kept, outcome: Told, asked: LastOutcome["probeKind"]): boolean {
  if (kept.kind !== outcome.kind || kept.asked !== asked) return false;
  if (outcome.kind === "local-fault") {
    return kept.result === outcome.code && kept.detail === outcome.detail;
  }
  const { verdict, words } = outcome;
  return (
    kept.result === (verdict.up ? "up" : verdict.reason) &&
    kept.detail === verdict.detail &&
    (kept.words === words || String(kept.words ?? "") === String(words ?? ""))
  );
}
