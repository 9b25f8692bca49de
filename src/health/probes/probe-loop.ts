import { Run } from "../../../checks/lib/run-signal.ts";
import { excuseOwnLink, type LocalLink } from "../blame/local-link.ts";
import { History } from "../history.ts";
import type { ProbeSpec } from "../plan.ts";
import { Agenda, type Sleeper } from "./agenda.ts";
import { type Asker, type Elsewhere, threadLost } from "./elsewhere.ts";
import type { Pacer } from "./pacer.ts";
import type { ProbePermits, Taker, Ticket } from "./permits.ts";
import { type ProbeOutcome, ProbeRun, type Surroundings } from "./runner.ts";
import {
  type FirstRound,
  firstDue,
  nextDue,
  nextTurn,
  offsetOf,
  type Turn,
  wholeRound,
} from "./schedule.ts";

/** A failure that took this long held a permit for nothing. */
const slowMs = 500;

export interface LoopOptions extends Surroundings {
  readonly permits: ProbePermits;
  readonly pacer: Pacer;
  readonly agenda: Agenda;
  readonly elsewhere?: Elsewhere | undefined;
  /** Without it, every silence is the real server's. */
  readonly ownLink?: LocalLink | undefined;
  /** Once a run, save for those that were cut short. */
  readonly onOutcome: (loop: ProbeLoop, outcome: ProbeOutcome, asked: "main" | "between") => void;
  readonly onCutShort: () => void;
  readonly onSkipped: (ticks: number) => void;
  /** A run begins. @param lateMs after it was due, for want of our time or of a permit */
  readonly onStarted: (lateMs: number, intervalMs: number) => void;
}

/**
 * Runs one probe at its own pace until stopped. At most one run is under way; what became of it is told to
 * `onOutcome`.
 *
 *   idle ──due──► in line for our time ──► in line for a permit ──► under way ──settled──► idle
 *     ▲                    │                       │                  │
 *     └──────hold──────────┴───────────────────────┴───(cut short)────┘        release: due at once
 */
export class ProbeLoop implements Sleeper, Taker, Asker {
  /** May be replaced by one with the same id while the loop runs: the next run uses it. */
  spec: ProbeSpec;
  /** Ids of the monitors that its verdicts go to. */
  monitors: readonly string[];
  /** Kept by whoever judges its outcomes. */
  readonly history = new History();
  readonly #options: LoopOptions;
  readonly #offset: number;
  #turn: Turn = 0;
  #due = 0;
  #isOffBeat = true;
  #wasSlow = false;
  /** Runs in a row without a verdict because our loop stood still. */
  #excused = 0;
  #isStarted = false;
  #isHeld = false;
  #startedAt = 0;
  #lateMs = 0;
  /** The run before was lost by a thread: this one is not given to any, so that a server is judged whatever they do. */
  #isForUs = false;
  #yielding: NodeJS.Timeout | undefined;
  #hasGivenWay = false;
  #isStopped = false;
  #leaveLine: (() => void) | undefined;
  #ticket: Ticket | undefined;
  /** Of the run that is under way. */
  #signal: Run | undefined;
  #asked: "main" | "between" = "main";
  /** Who waits for the end of the run that is under way. */
  #onIdle: (() => void) | undefined;

  constructor(spec: ProbeSpec, options: LoopOptions, monitors: readonly string[] = []) {
    this.spec = spec;
    this.monitors = monitors;
    this.#options = options;
    this.#offset = offsetOf(spec.id);
  }

  /** When the next run should start, or the present one should have, by the monotonic clock. */
  get due(): number {
    return this.#due;
  }

  start(round: FirstRound = wholeRound): void {
    if (this.#isStarted || this.#isStopped) return;
    this.#isStarted = true;
    if (this.#isHeld) return;
    const due = firstDue(this.#offset, this.spec.intervalMs, this.#options.clock(), round);
    this.#arm(due, true);
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
    if (this.#isStarted) this.#arm(this.#options.clock(), true);
  }

  /** Settles when nothing of it is left under way. */
  stop(): Promise<void> {
    this.#isStopped = true;
    this.#halt();
    if (this.#signal === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  #halt(): void {
    this.#options.agenda.leave(this.#due, this);
    this.#leaveLine?.();
    if (this.#signal === undefined) this.#ticket?.release();
    this.#signal?.abort();
  }

  #arm(due: number, isOffBeat: boolean): void {
    this.#due = Agenda.timeOf(due);
    this.#isOffBeat = isOffBeat;
    // The run that was cut short still cleans up: it arms again as it ends.
    if (this.#signal === undefined) this.#options.agenda.add(this.#due, this);
  }

  /** For the agenda: it is due. */
  wake(): void {
    this.#leaveLine = this.#options.pacer.start(() => this.#takeSlot());
  }

  #takeSlot(): void {
    this.#leaveLine = undefined;
    const ticket = this.#options.permits.take(this);
    // It may have had its turn at once.
    if (this.#signal === undefined) this.#ticket = ticket;
  }

  /** For the permits. */
  get isSlow(): boolean {
    return this.#wasSlow;
  }

  /**
   * For the permits: the server has been silent for a while, as it was last time, and one that answers waits for
   * the permit.
   */
  onWanted(): void {
    const signal = this.#signal;
    const leftMs = Math.max(0, this.#startedAt + slowMs - this.#options.clock());
    this.#yielding = setTimeout(() => {
      this.#hasGivenWay = true;
      signal?.abort();
    }, leftMs);
  }

  /** For the permits: it is its turn. */
  onSlot(ticket: Ticket): void {
    const { spec } = this;
    this.#ticket = ticket;
    const between = this.#turn > 0 ? spec.between : undefined;
    this.#asked = between === undefined ? "main" : "between";
    this.#signal = new Run();
    this.#startedAt = this.#options.clock();
    this.#lateMs = Math.max(0, this.#startedAt - this.#due);
    const [asked, excused, signal] = [this.#asked, this.#excused, this.#signal];
    const elsewhere = this.#isForUs ? undefined : this.#options.elsewhere;
    if (elsewhere?.take({ spec, asked, excused, signal }, this) === true) return;
    this.onBegun(0);
    const prepared = between?.prepared ?? spec.main;
    new ProbeRun(prepared, signal, excused, this.#options, this).start(spec.target);
  }

  /** For the run. */
  onBegun(waitedMs: number): void {
    this.#options.onStarted(this.#lateMs + waitedMs, this.spec.intervalMs);
  }

  /** For the run: it is over. */
  onSettled(found: ProbeOutcome): void {
    const { spec } = this;
    const startedAt = this.#startedAt;
    const outcome = excuseOwnLink(found, spec.target.address, startedAt, this.#options.ownLink);
    clearTimeout(this.#yielding);
    this.#yielding = undefined;
    this.#signal = undefined;
    this.#ticket?.release();
    this.#ticket = undefined;
    this.#onIdle?.();
    const hasGivenWay = this.#hasGivenWay;
    this.#hasGivenWay = false;

    if (this.#isHeld || this.#isStopped || (outcome.kind === "cut-short" && !hasGivenWay)) {
      this.#options.onCutShort();
      if (!this.#isHeld && !this.#isStopped) this.#arm(this.#options.clock(), true);
      return;
    }
    if (outcome.kind === "cut-short") {
      this.#options.onCutShort();
      this.#armNext();
      return;
    }
    const isUp = outcome.kind === "verdict" && outcome.verdict.up;
    this.#wasSlow = !isUp && this.#options.clock() - startedAt >= slowMs;
    if (outcome.kind === "verdict")
      this.#turn = nextTurn(this.#turn, isUp, spec.between?.turns ?? 0);
    const lack = outcome.kind === "local-fault" ? outcome.code : undefined;
    this.#isForUs = lack === threadLost;
    if (lack === "loop-lag" || lack === threadLost) {
      if (lack === "loop-lag") this.#excused++;
      this.#arm(this.#options.clock(), true);
    } else {
      this.#excused = 0;
      this.#armNext();
    }
    this.#options.onOutcome(this, outcome, this.#asked);
  }

  #armNext(): void {
    const { intervalMs } = this.spec;
    const now = this.#options.clock();
    const run = { due: this.#due, now, isOffBeat: this.#isOffBeat };
    const { due, isOffBeat } = nextDue(this.#offset, intervalMs, run);
    const skipped = Math.round((due - this.#due) / intervalMs) - 1;
    if (!this.#isOffBeat && skipped > 0) this.#options.onSkipped(skipped);
    this.#arm(due, isOffBeat);
  }
}
