import { messageOf } from "../../model/error-text.ts";
import type { VirtualService } from "../../model/virtual-service.ts";
import { type Asker, type DueRun, threadLost } from "../probes/elsewhere.ts";
import type { ProbeOutcome } from "../probes/runner.ts";
import {
  type Answers,
  againSize,
  type Lesson,
  type Orders,
  type PlainService,
  plainService,
  type Repeatable,
  repeatable,
  sharedNow,
} from "./messages.ts";

/** The way to a thread. */
export interface Line {
  post(orders: Orders): void;
  /** Which part of the time since the last call its loop was at work, 0 to 1. */
  busy(): number;
  /** Nothing is heard of it any more. @param isWell it can be asked to end; else it is ended */
  close(isWell: boolean): void;
}

/** Starts a thread. */
export type OpenLine = (events: {
  readonly onAnswers: (answers: Answers) => void;
  /** It has ended, and was not told to. */
  readonly onEnd: (cause: string) => void;
}) => Line;

export interface HostEvents {
  /** Those that it had are settled, without a verdict. @param runs how many there were */
  readonly onLost: (cause: string, runs: number) => void;
  readonly onBug: (error: unknown) => void;
  readonly onAbandoned: () => void;
}

interface Known {
  readonly number: number;
  /** What it answered last. */
  last?: Repeatable;
}

interface RunThere {
  readonly known: Known;
  readonly asker: Asker;
  readonly due: DueRun;
  readonly cut: () => void;
}

/** Looks in a row that heard nothing: it hangs. It beats each second; the first ones load all checks. */
const silentLooks = 10;
const silentLooksAtStart = 60;

/** One thread that asks real servers, as the main one sees it. */
export class ThreadHost {
  readonly #events: HostEvents;
  readonly #line: Line;
  readonly #known = new Map<string, Known>();
  readonly #underWay = new Map<number, RunThere>();
  #lastNumber = 0;
  #lastRun = 0;
  #isReady = false;
  #isOver = false;
  #silent = 0;
  #isPosting = false;
  /** One object each, which crosses once in a turn. */
  readonly #services = new Map<VirtualService, PlainService>();
  #forget: number[] = [];
  #learn: Lesson[] = [];
  #ask: number[] = [];
  #cut: number[] = [];

  /** @throws Error when no thread can be started */
  constructor(open: OpenLine, events: HostEvents) {
    this.#events = events;
    this.#line = open({
      onAnswers: (answers) => this.#onAnswers(answers),
      onEnd: (cause) => this.#lose(cause),
    });
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  ask(due: DueRun, asker: Asker): void {
    const { spec, asked, excused, signal } = due;
    const known = this.#known.get(spec.id) ?? this.#teach(due);
    const run = ++this.#lastRun;
    const cut = () => {
      this.#cut.push(run);
      this.#postSoon();
    };
    signal.addEventListener("abort", cut);
    this.#underWay.set(run, { known, asker, due, cut });
    this.#ask.push(run, known.number, Number(asked === "between"), excused);
    this.#postSoon();
  }

  /** The probe with this id is gone. */
  forget(id: string): void {
    const known = this.#known.get(id);
    if (known === undefined) return;
    this.#known.delete(id);
    this.#forget.push(known.number);
    this.#postSoon();
  }

  /** Each second: ends a thread that hangs. Looks and not time are counted, for we may stand still ourselves. */
  look(): void {
    if (++this.#silent < (this.#isReady ? silentLooks : silentLooksAtStart)) return;
    this.#lose(`it has said nothing for ${this.#silent} s`);
  }

  busy(): number {
    return this.#line.busy();
  }

  /** Once nothing is under way. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#line.close(true);
  }

  #teach({ spec: { id, source } }: DueRun): Known {
    if (source === undefined) throw new Error(`${id} is of the main thread`);
    const { virtual, real, demandTls } = source;
    const known = { number: ++this.#lastNumber };
    this.#known.set(id, known);
    const plain = this.#services.get(virtual) ?? plainService(virtual);
    this.#services.set(virtual, plain);
    this.#learn.push({ probe: known.number, id, demandTls, virtual: plain, real });
    return known;
  }

  #postSoon(): void {
    if (this.#isPosting) return;
    this.#isPosting = true;
    queueMicrotask(() => this.#post());
  }

  #post(): void {
    this.#isPosting = false;
    this.#services.clear();
    const [forget, learn, cut] = [this.#forget, this.#learn, this.#cut];
    const ask = Float64Array.from(this.#ask);
    this.#forget = [];
    this.#learn = [];
    this.#cut = [];
    this.#ask = [];
    if (this.#isOver) return;
    try {
      this.#line.post({ forget, learn, ask, cut, at: sharedNow() });
    } catch (error) {
      this.#lose(messageOf(error));
    }
  }

  #onAnswers({ again, outcomes, bugs, abandoned }: Answers): void {
    if (this.#isOver) return;
    this.#isReady = true;
    this.#silent = 0;
    for (const bug of bugs) this.#events.onBug(bug);
    for (let i = 0; i < abandoned; i++) this.#events.onAbandoned();
    for (const { run, lateMs, outcome } of outcomes) {
      const there = this.#underWay.get(run);
      if (there !== undefined) there.known.last = repeatable(outcome);
      this.#settle(run, lateMs, outcome);
    }
    for (let i = 0; i < again.length; i += againSize) {
      const [run = 0, durationMs = 0, lateMs = 0] = again.subarray(i, i + againSize);
      const last = this.#underWay.get(run)?.known.last;
      if (last !== undefined) this.#settle(run, lateMs, { ...last, durationMs });
    }
  }

  #settle(run: number, lateMs: number, outcome: ProbeOutcome): void {
    const there = this.#underWay.get(run);
    if (there === undefined) return;
    this.#underWay.delete(run);
    there.due.signal.removeEventListener("abort", there.cut);
    if (outcome.kind !== "cut-short") there.asker.onBegun(lateMs);
    there.asker.onSettled(outcome);
  }

  #lose(cause: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#isReady = false;
    this.#line.close(false);
    const runs = [...this.#underWay];
    this.#events.onLost(cause, runs.length);
    const detail = `the thread that asked is gone: ${cause}`;
    for (const [run, { due }] of runs) {
      const isCut = due.signal.aborted;
      const lost: ProbeOutcome = { kind: "local-fault", code: threadLost, detail };
      this.#settle(run, 0, isCut ? { kind: "cut-short" } : lost);
    }
  }
}
