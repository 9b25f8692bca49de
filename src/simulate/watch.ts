import { down, up, type Verdict } from "../../checks/check.ts";
import {
  absorb,
  healthAfterMaintenance,
  healthFor,
  type Monitor,
  report,
} from "../health/monitor.ts";
import { type MonitorSpec, monitorId, type ProbeSpec } from "../health/plan.ts";
import { firstDue, nextDue, nextTurn, offsetOf, type Turn } from "../health/probes/schedule.ts";
import type { Health } from "../health/state.ts";
import { type HealthView, noOrders } from "../health/view.ts";
import type { Logger } from "../log/logger.ts";
import type { Endpoint } from "../model/address.ts";
import type { Answer, Named } from "./script.ts";

/** One run of a probe, on the agenda. */
export interface Due {
  readonly probe: Watched;
  /** It counts only as long as it is the probe's own: `Watched.turnOf`. */
  readonly ticket: number;
  /** undefined: the run begins. */
  readonly outcome?: Outcome;
}

interface Outcome {
  readonly verdict: Verdict;
  readonly asked: "main" | "between";
  readonly durationMs: number;
}

/** A probe, and who hears of it. */
interface Watched {
  spec: ProbeSpec;
  monitors: readonly string[];
  due: number;
  isOffBeat: boolean;
  turn: Turn;
  isHeld: boolean;
  /** Counts up: what was arranged before is void. */
  ticket: number;
}

export interface WatchOptions {
  readonly log: Logger;
  /** Milliseconds from the start. */
  readonly now: () => number;
  readonly arrange: (at: number, due: Due) => void;
}

/**
 * The real servers and what is believed of them, in a time that only the caller moves: the supervisor's rules, without
 * its sockets. What a check finds is settled when it begins.
 */
export class Watch implements HealthView {
  readonly steering = noOrders.steering;
  readonly #options: WatchOptions;
  readonly #monitors = new Map<string, Monitor>();
  readonly #probes = new Map<string, Watched>();
  readonly #fresh = new Set<string>();
  readonly #answers: { readonly real: Named; readonly answer: Answer }[] = [];
  readonly #out: Named[] = [];

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  health(serviceId: string, real: Endpoint): Health {
    return this.#monitors.get(monitorId(serviceId, real))?.health ?? { state: "unknown" };
  }

  maintenance(serviceId: string, real: Endpoint): string | undefined {
    return this.#monitors.get(monitorId(serviceId, real))?.held?.name;
  }

  /** Every probe has had an outcome, or is held. */
  get isFirstRoundOver(): boolean {
    return this.#fresh.size === 0;
  }

  /** From now on these; who was there before keeps health and timers. */
  replace(specs: readonly MonitorSpec[], adopt: (spec: MonitorSpec) => "up" | undefined): void {
    const now = this.#options.now();
    const before = new Map(this.#monitors);
    this.#monitors.clear();
    const asked = new Map<string, { readonly probe: ProbeSpec; readonly monitors: string[] }>();
    for (const spec of specs) {
      const old = before.get(spec.id);
      this.#monitors.set(spec.id, {
        spec,
        health: healthFor(spec, old, adopt(spec), now),
        held: old?.held,
        last: old?.last,
        lastVerdict: old?.lastVerdict,
        since: old?.since ?? now,
      });
      if (spec.source.kind !== "probe") continue;
      const { probe } = spec.source;
      const entry = asked.get(probe.id) ?? { probe, monitors: [] };
      entry.monitors.push(spec.id);
      asked.set(probe.id, entry);
    }
    for (const [id, probe] of this.#probes) {
      if (asked.has(id)) continue;
      probe.ticket++;
      this.#probes.delete(id);
      this.#fresh.delete(id);
    }
    const added: Watched[] = [];
    for (const [id, { probe: spec, monitors }] of asked) {
      const kept = this.#probes.get(id);
      if (kept !== undefined) {
        kept.spec = spec;
        kept.monitors = monitors;
        continue;
      }
      const start = { spec, monitors, due: 0, isOffBeat: true, turn: 0, isHeld: false, ticket: 0 };
      this.#probes.set(id, start);
      this.#fresh.add(id);
      added.push(start);
    }
    this.#lookAtMaintenance();
    for (const probe of added) {
      if (probe.isHeld) continue;
      this.#arm(probe, firstDue(offsetOf(probe.spec.id), probe.spec.intervalMs, now), true);
    }
  }

  answers(real: Named, answer: Answer): void {
    this.#answers.unshift({ real, answer });
  }

  /** @returns ids of the services for which that changes something */
  maintain(real: Named, isOn: boolean): ReadonlySet<string> {
    if (isOn) this.#out.push(real);
    else {
      const others = this.#out.filter((each) => !isSame(each, real));
      this.#out.splice(0, this.#out.length, ...others);
    }
    return this.#lookAtMaintenance();
  }

  /** What was arranged comes to pass. @returns ids of the services for which that changes something */
  take({ probe, ticket, outcome }: Due): ReadonlySet<string> {
    if (ticket !== probe.ticket) return new Set();
    if (outcome !== undefined) return this.#end(probe, outcome);
    const begun = this.#begin(probe);
    const { now, arrange } = this.#options;
    arrange(now() + begun.durationMs, { probe, ticket, outcome: begun });
    return new Set();
  }

  #begin({ spec, turn, monitors }: Watched): Outcome {
    const between = turn > 0 ? spec.between : undefined;
    const { timeoutMs } = between?.prepared ?? spec.main;
    const asked = between === undefined ? "main" : "between";
    const answer = this.#answerOf(monitors);
    const late = { verdict: down("timeout", "simulated"), asked, durationMs: timeoutMs } as const;
    if (answer.kind === "slow") {
      return answer.ms < timeoutMs
        ? { verdict: up("simulated"), asked, durationMs: answer.ms }
        : late;
    }
    if (answer.kind === "up" || (asked === "between" && !atConnect.has(answer.reason))) {
      return { verdict: up("simulated"), asked, durationMs: 0 };
    }
    if (answer.reason === "timeout") return late;
    return { verdict: down(answer.reason, "simulated"), asked, durationMs: 0 };
  }

  #answerOf(monitors: readonly string[]): Answer {
    const reals = monitors.flatMap((id) => this.#monitors.get(id)?.spec.real ?? []);
    const found = this.#answers.find(({ real }) => reals.some((it) => isNamed(real, it)));
    return found?.answer ?? { kind: "up" };
  }

  #end(probe: Watched, { verdict, asked, durationMs }: Outcome): ReadonlySet<string> {
    const { now: clock, log } = this.#options;
    const now = clock();
    const changed = new Set<string>();
    probe.turn = nextTurn(probe.turn, verdict.up, probe.spec.between?.turns ?? 0);
    const { due, isOffBeat, spec } = probe;
    const offset = offsetOf(spec.id);
    const next = nextDue(offset, spec.intervalMs, { due, now, isOffBeat });
    this.#arm(probe, next.due, next.isOffBeat);
    for (const id of probe.monitors) {
      const before = this.#monitors.get(id);
      if (before === undefined || before.held !== undefined) continue;
      const after = absorb(before, { kind: "verdict", verdict, durationMs }, asked, now);
      this.#monitors.set(id, after);
      report(log, before, after.health, verdict, durationMs);
      if (before.health.state !== after.health.state) changed.add(after.spec.serviceId);
    }
    this.#fresh.delete(spec.id);
    return changed;
  }

  #lookAtMaintenance(): ReadonlySet<string> {
    const { now, log } = this.#options;
    const changed = new Set<string>();
    for (const [id, monitor] of this.#monitors) {
      const { spec } = monitor;
      const isOut = this.#out.some((named) => isNamed(named, spec.real));
      if (isOut === (monitor.held !== undefined)) continue;
      changed.add(spec.serviceId);
      const row = { real: spec.real, virtual: spec.virtual };
      if (isOut) {
        log.event("maintenance-entered", { ...row, file: "simulated" });
        const held = { by: "order", name: "simulated" } as const;
        this.#monitors.set(id, { ...monitor, held, since: now() });
      } else {
        log.event("maintenance-left", row);
        const health = healthAfterMaintenance(monitor);
        this.#monitors.set(id, { ...monitor, held: undefined, health, since: now() });
      }
    }
    for (const [id, probe] of this.#probes) {
      const isNeeded = probe.monitors.some((it) => this.#monitors.get(it)?.held === undefined);
      if (isNeeded !== probe.isHeld) continue;
      probe.isHeld = !isNeeded;
      probe.ticket++;
      if (isNeeded) this.#arm(probe, now(), true);
      else this.#fresh.delete(id);
    }
    return changed;
  }

  #arm(probe: Watched, due: number, isOffBeat: boolean): void {
    probe.due = due;
    probe.isOffBeat = isOffBeat;
    probe.ticket++;
    this.#options.arrange(due, { probe, ticket: probe.ticket });
  }
}

/** What a mere connect meets, too. */
const atConnect: ReadonlySet<string> = new Set(["refused", "unreachable", "timeout", "closed"]);

export const isNamed = (named: Named, real: Endpoint): boolean =>
  named.address === real.address && (named.port === undefined || named.port === real.port);

const isSame = (a: Named, b: Named): boolean => a.address === b.address && a.port === b.port;
