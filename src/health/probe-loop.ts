import { believable, type OwnLink } from "./own-link.ts";
import type { ProbeSpec } from "./plan.ts";
import { type Outcome, runProbe, type Surroundings } from "./runner.ts";
import { firstDue, nextDue, nextTurn, phaseOf, type Turn } from "./schedule.ts";
import type { Slots, Ticket } from "./slots.ts";

/** setTimeout fires at once when asked for more; a longer wait is done in legs. */
const longestTimerMs = 2 ** 31 - 1;
/** One object for all, for its stack costs. */
const cutShort = new Error("cut short by ldirectord");
/** A failure that took this long held a slot for nothing. */
const slowMs = 500;
/** Timers may fire a fraction of a millisecond early. */
const earlyMs = 1;

export interface LoopParts extends Surroundings {
  readonly slots: Slots;
  /** Without it, every silence is the real server's. */
  readonly ownLink?: OwnLink | undefined;
  /** Once a run, save for those that were cut short. */
  readonly onOutcome: (loop: ProbeLoop, outcome: Outcome, asked: "main" | "between") => void;
  readonly onCutShort: () => void;
  readonly onSkipped: (slots: number) => void;
}

/**
 * Runs one probe at its own pace until stopped. At most one run is under way; what became of it is told to
 * `onOutcome`.
 *
 *   idle ──due──► waiting for a slot ──► under way ──settled──► idle
 *     ▲                    │                 │
 *     └──────hold──────────┴──(cut short)────┘        release: due at once
 */
export class ProbeLoop {
  /** May be replaced by one with the same id while the loop runs: the next run uses it. */
  spec: ProbeSpec;
  readonly #parts: LoopParts;
  readonly #phase: number;
  #turn: Turn = 0;
  #due = 0;
  #isOffBeat = true;
  #wasSlow = false;
  #isStarted = false;
  #isHeld = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;
  #ticket: Ticket | undefined;
  #controller: AbortController | undefined;
  /** Settles when the run that is under way has ended; it never rejects. */
  #run: Promise<void> | undefined;

  constructor(spec: ProbeSpec, parts: LoopParts) {
    this.spec = spec;
    this.#parts = parts;
    this.#phase = phaseOf(spec.id);
  }

  /** When the next run should start, or the present one should have, by the monotonic clock. */
  get due(): number {
    return this.#due;
  }

  start(): void {
    if (this.#isStarted || this.#isStopped) return;
    this.#isStarted = true;
    if (this.#isHeld) return;
    this.#arm(firstDue(this.#phase, this.spec.intervalMs, this.#parts.clock()), true);
  }

  /** No runs until `release`; one that is under way is cut short. */
  hold(): void {
    this.#isHeld = true;
    this.#halt();
  }

  /** Runs again, and at once. */
  release(): void {
    if (!this.#isHeld || this.#isStopped) return;
    this.#isHeld = false;
    if (this.#isStarted) this.#arm(this.#parts.clock(), true);
  }

  /** Settles when nothing of it is left under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#halt();
    await this.#run;
  }

  #halt(): void {
    clearTimeout(this.#timer);
    if (this.#run === undefined) this.#ticket?.release();
    this.#controller?.abort(cutShort);
  }

  #arm(due: number, isOffBeat: boolean): void {
    this.#due = due;
    this.#isOffBeat = isOffBeat;
    // The run that was cut short still cleans up: it arms again as it ends.
    if (this.#run !== undefined) return;
    clearTimeout(this.#timer);
    const waitMs = Math.min(Math.max(0, due - this.#parts.clock()), longestTimerMs);
    this.#timer = setTimeout(() => this.#wake(), waitMs);
  }

  #wake(): void {
    const lateMs = this.#parts.clock() - this.#due;
    if (lateMs < -earlyMs) {
      this.#arm(this.#due, this.#isOffBeat);
      return;
    }
    const { address } = this.spec.target;
    this.#ticket = this.#parts.slots.take(address, this.#wasSlow, (ticket) => {
      this.#run = this.#runOnce(Math.max(0, lateMs), ticket);
    });
  }

  async #runOnce(lateMs: number, ticket: Ticket): Promise<void> {
    const { spec } = this;
    const between = this.#turn > 0 ? spec.between : undefined;
    const controller = new AbortController();
    this.#controller = controller;
    const prepared = between?.prepared ?? spec.main;
    const startedAt = this.#parts.clock();
    const outcome = await believable(
      await runProbe(prepared, spec.target, controller, lateMs, this.#parts),
      spec.target.address,
      startedAt,
      this.#parts.ownLink,
    );
    ticket.release();
    this.#controller = undefined;
    this.#run = undefined;

    if (outcome.kind === "cut-short" || this.#isHeld || this.#isStopped) {
      this.#parts.onCutShort();
      if (!this.#isHeld && !this.#isStopped) this.#arm(this.#parts.clock(), true);
      return;
    }
    if (outcome.kind === "verdict") {
      const { verdict } = outcome;
      this.#turn = nextTurn(this.#turn, verdict.up, spec.between?.turns ?? 0);
      this.#wasSlow = !verdict.up && outcome.durationMs >= slowMs;
    }
    const now = this.#parts.clock();
    const due = nextDue(this.#phase, spec.intervalMs, {
      due: this.#due,
      now,
      isOffBeat: this.#isOffBeat,
    });
    const skipped = Math.floor((due - this.#due) / spec.intervalMs) - 1;
    if (!this.#isOffBeat && skipped > 0) this.#parts.onSkipped(skipped);
    this.#arm(due, false);
    this.#parts.onOutcome(this, outcome, between === undefined ? "main" : "between");
  }
}
