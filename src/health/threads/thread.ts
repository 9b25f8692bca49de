import { isLocalFault } from "../../../checks/lib/fault.ts";
import { Run } from "../../../checks/lib/run-signal.ts";
import { demandingTls } from "../../../checks/lib/stream/demand-tls.ts";
import type { CheckRegistry } from "../../../checks/registry.ts";
import { stackOf } from "../../model/error-text.ts";
import { type ProbeSpec, plan } from "../plan.ts";
import { threadLost } from "../probes/elsewhere.ts";
import { LoopLag } from "../probes/lag.ts";
import { Pacer } from "../probes/pacer.ts";
import { type ProbeOutcome, ProbeRun, type Settled, type Surroundings } from "../probes/runner.ts";
import {
  type Answer,
  type Answers,
  isAgain,
  type Lesson,
  type Order,
  type Orders,
  orderSize,
  type Repeatable,
  repeatable,
  serviceOf,
  sharedNow,
} from "./messages.ts";

interface Known {
  readonly lesson: Lesson;
  /** Planned when it is first asked; null: it came out otherwise than on the main thread. */
  spec?: ProbeSpec | null;
  /** What was answered last. */
  last?: Repeatable;
}

/** It shows that it lives, where nothing else does. */
const beatMs = 1_000;

/**
 * What a thread does that asks real servers: it makes the probes that the main thread has made, runs each when told to,
 * under its deadline by its own loop, and says what became of it. When, and what that is worth, is decided there.
 */
export class AskingThread {
  readonly #send: (answers: Answers) => void;
  readonly #checks: CheckRegistry;
  readonly #pacer = new Pacer();
  readonly #lag = new LoopLag(() => performance.now());
  readonly #around: Surroundings;
  readonly #known = new Map<number, Known>();
  readonly #underWay = new Map<number, ThreadRun>();
  readonly #beat: NodeJS.Timeout;
  #isSending = false;
  #again: number[] = [];
  #outcomes: Answer[] = [];
  #bugs: string[] = [];
  #abandoned = 0;

  /** Says with its first answers that it is there. */
  constructor(checks: CheckRegistry, send: (answers: Answers) => void) {
    this.#checks = checks;
    this.#send = send;
    this.#around = {
      clock: () => performance.now(),
      lag: this.#lag,
      afterPoll: (judge) => this.#pacer.afterPoll(judge),
      isLocalFault,
      onBug: (error) => {
        this.#bugs.push(stackOf(error));
      },
      onAbandoned: () => {
        this.#abandoned++;
      },
    };
    this.#beat = setInterval(() => this.#say(), beatMs);
    this.#say();
  }

  obey({ forget, learn, ask, cut, at }: Orders): void {
    for (const probe of forget) this.#known.delete(probe);
    for (const lesson of learn) this.#known.set(lesson.probe, { lesson });
    for (let i = 0; i < ask.length; i += orderSize) {
      const [run = 0, probe = 0, between, excused = 0] = ask.subarray(i, i + orderSize);
      this.#line({ run, probe, asked: between === 1 ? "between" : "main", excused }, at);
    }
    for (const run of cut) this.#underWay.get(run)?.signal.abort();
  }

  /** Leaves nothing open. */
  stop(): void {
    clearInterval(this.#beat);
    for (const { signal } of this.#underWay.values()) signal.abort();
    this.#lag.stop();
  }

  #line(order: Order, at: number): void {
    const run = new ThreadRun(order, at, (outcome) => this.#settled(run, outcome));
    if (this.#underWay.size === 0) this.#lag.start();
    this.#underWay.set(order.run, run);
    this.#pacer.start(() => this.#begin(run));
  }

  #begin(run: ThreadRun): void {
    run.lateMs = Math.max(0, sharedNow() - run.sentAt);
    const { asked, excused, probe } = run.order;
    const spec = run.signal.aborted ? undefined : this.#specOf(probe);
    if (spec === undefined) {
      const detail = "a thread that asks real servers does not know this one";
      const isCut = run.signal.aborted;
      run.onSettled(
        isCut ? { kind: "cut-short" } : { kind: "local-fault", code: threadLost, detail },
      );
      return;
    }
    const prepared = asked === "between" ? (spec.between?.prepared ?? spec.main) : spec.main;
    new ProbeRun(prepared, run.signal, excused, this.#around, run).start(spec.target);
  }

  #specOf(probe: number): ProbeSpec | undefined {
    const known = this.#known.get(probe);
    if (known === undefined) return undefined;
    if (known.spec === undefined) {
      known.spec = planned(known.lesson, this.#checks) ?? null;
      if (known.spec === null) this.#bugs.push(`${known.lesson.id}: planned otherwise in a thread`);
    }
    return known.spec ?? undefined;
  }

  #settled({ order, lateMs }: ThreadRun, outcome: ProbeOutcome): void {
    this.#underWay.delete(order.run);
    if (this.#underWay.size === 0) this.#lag.stop();
    const known = this.#known.get(order.probe);
    if (outcome.kind === "verdict" && isAgain(known?.last, outcome)) {
      this.#again.push(order.run, outcome.durationMs, lateMs);
    } else {
      if (known !== undefined) known.last = repeatable(outcome);
      this.#outcomes.push({ run: order.run, lateMs, outcome });
    }
    if (this.#isSending) return;
    this.#isSending = true;
    setImmediate(() => this.#say());
  }

  #say(): void {
    this.#isSending = false;
    const [again, outcomes, bugs] = [this.#again, this.#outcomes, this.#bugs];
    this.#send({ again: Float64Array.from(again), outcomes, bugs, abandoned: this.#abandoned });
    this.#again = [];
    this.#outcomes = [];
    this.#bugs = [];
    this.#abandoned = 0;
  }
}

class ThreadRun implements Settled {
  readonly order: Order;
  readonly sentAt: number;
  readonly signal = new Run();
  readonly onSettled: (outcome: ProbeOutcome) => void;
  lateMs = 0;

  constructor(order: Order, sentAt: number, onSettled: (outcome: ProbeOutcome) => void) {
    this.order = order;
    this.sentAt = sentAt;
    this.onSettled = onSettled;
  }
}

/** @returns the probe that the main thread has, or nothing */
function planned(lesson: Lesson, registry: CheckRegistry): ProbeSpec | undefined {
  const checks = demandingTls(registry, lesson.demandTls);
  const { virtual, real } = lesson;
  const specs = plan({ virtuals: [serviceOf(virtual, real)] }, checks);
  const source = specs.ok ? specs.value[0]?.source : undefined;
  if (source?.kind !== "probe" || source.probe.id !== lesson.id) return undefined;
  return source.probe;
}
