import type { Verdict } from "../../checks/check.ts";
import { isLocalFault } from "../../checks/lib/fault.ts";
import type { Logger } from "../log/logger.ts";
import { type Endpoint, formatEndpoint } from "../model/address.ts";
import { serviceName } from "../model/virtual-service.ts";
import { FaultEpisodes, type LocalFault } from "./fault-episodes.ts";
import type { ReverseLookup } from "./hostnames.ts";
import { LoopLag } from "./lag.ts";
import { limitsFor, openFileLimit } from "./limits.ts";
import { Maintenance } from "./maintenance.ts";
import {
  absorb,
  carriedHealth,
  healthAfterMaintenance,
  initialHealth,
  type LastOutcome,
  type Monitor,
  report,
} from "./monitor.ts";
import type { OwnLink } from "./own-link.ts";
import { type MonitorSpec, monitorId, type ProbeSpec } from "./plan.ts";
import { type LoopParts, ProbeLoop } from "./probe-loop.ts";
import type { Outcome } from "./runner.ts";
import { type Limits, Slots } from "./slots.ts";
import type { Health } from "./state.ts";
import type { HealthView } from "./view.ts";

export interface SupervisorParts {
  readonly log: Logger;
  /**
   * A real server of this virtual service went up, down, or in or out of maintenance (save into it when it was
   * down already). Never called from `replace`.
   */
  readonly onChange: (serviceId: string) => void;
  /** Each verdict, once for each virtual service that it counts in, before it counts. */
  readonly onVerdict?: (spec: MonitorSpec, verdict: Verdict, asked: LastOutcome["asked"]) => void;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** Monotonic, milliseconds. */
  readonly clock?: () => number;
  readonly limits?: Limits;
  readonly lag?: { lostMs(): number };
  readonly readDirectory?: (path: string) => Promise<readonly string[]>;
  readonly lookup?: ReverseLookup;
  /** Without it, every silence is the real server's. */
  readonly ownLink?: OwnLink;
}

/** Counted since the start of the program, except the first three, which are now. */
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
}

/** A loop with what hangs on it. */
interface Watched {
  readonly loop: ProbeLoop;
  /** Ids of the monitors that its verdicts go to. */
  monitors: readonly string[];
}

const unknown: Health = { phase: "unknown" };

/** Runs the probes of a plan and keeps what is believed of every real server. */
export class Supervisor implements HealthView {
  readonly #parts: SupervisorParts;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #lag: LoopLag;
  readonly #slots: Slots;
  readonly #maintenance: Maintenance;
  readonly #faults: FaultEpisodes;
  readonly #loopParts: LoopParts;
  readonly #monitors = new Map<string, Monitor>();
  readonly #watched = new Map<string, Watched>();
  /** Loops that were told to end and still clean up, by probe id. */
  readonly #ending = new Map<string, Promise<void>>();
  /** Ids of probes that have no outcome yet. */
  readonly #fresh = new Set<string>();
  readonly #waitingForFirst = new Set<() => void>();
  readonly #bugs = new Set<string>();
  readonly #counts = { verdicts: 0, localFaults: 0, cutShort: 0, abandoned: 0, skipped: 0 };
  #isReplacing = false;
  #isStopped = false;

  constructor(parts: SupervisorParts) {
    const clock = parts.clock ?? (() => performance.now());
    this.#parts = parts;
    this.#log = parts.log;
    this.#now = parts.now ?? (() => Date.now());
    this.#lag = new LoopLag(clock);
    this.#slots = new Slots(parts.limits ?? limitsFor(openFileLimit()));
    this.#faults = new FaultEpisodes(parts.log);
    this.#maintenance = new Maintenance({
      log: parts.log,
      clock,
      onChange: () => this.#lookAtMaintenance(),
      ...(parts.readDirectory && { readDirectory: parts.readDirectory }),
      ...(parts.lookup && { lookup: parts.lookup }),
    });
    this.#loopParts = {
      clock,
      lag: parts.lag ?? this.#lag,
      slots: this.#slots,
      ownLink: parts.ownLink,
      isLocalFault,
      onBug: (error) => this.#onBug(error),
      onAbandoned: () => this.#onAbandoned(),
      onOutcome: (loop, outcome, asked) => this.#onOutcome(loop, outcome, asked),
      onCutShort: () => this.#counts.cutShort++,
      onSkipped: (slots) => {
        this.#counts.skipped += slots;
      },
    };
    if (parts.lag === undefined) this.#lag.start();
  }

  /** To be awaited before `replace` with the same directory: who is in it is then never taken up. */
  lookAhead(maintenanceDir: string | undefined): Promise<void> {
    return this.#maintenance.lookAhead(maintenanceDir);
  }

  /**
   * From now on these. What was there before keeps its health, its counts and its timers.
   * The caller looks at the health of all afterwards: `onChange` is not called for what this changes.
   * @param adopt "up" when the table that was found at start has the server with a weight above 0
   */
  replace(
    specs: readonly MonitorSpec[],
    adopt: (spec: MonitorSpec) => "up" | undefined,
    maintenanceDir?: string,
  ): void {
    if (this.#isStopped) return;
    this.#isReplacing = true;
    this.#replaceMonitors(specs, adopt);
    const added = this.#replaceLoops(specs);
    const addresses = new Set(specs.map((spec) => spec.real.address));
    this.#maintenance.watch(maintenanceDir, addresses);
    this.#lookAtMaintenance();
    this.#isReplacing = false;
    for (const loop of added) {
      const before = this.#ending.get(loop.spec.id);
      if (before === undefined) loop.start();
      else void before.then(() => loop.start());
    }
  }

  health(serviceId: string, real: Endpoint): Health {
    return this.#monitors.get(monitorId(serviceId, real))?.health ?? unknown;
  }

  maintenance(serviceId: string, real: Endpoint): string | undefined {
    return this.#monitors.get(monitorId(serviceId, real))?.file;
  }

  /** The newest outcome heard of a real server; undefined before the first and for what is never asked. */
  last(serviceId: string, real: Endpoint): LastOutcome | undefined {
    return this.#monitors.get(monitorId(serviceId, real))?.last;
  }

  /** Every (virtual service, real server) there is, in the file's order. */
  monitors(): Iterable<Monitor> {
    return this.#monitors.values();
  }

  /** Local trouble that is going on. */
  localFaults(): readonly LocalFault[] {
    return this.#faults.current();
  }

  statistics(): HealthStatistics {
    const { underWay, waiting } = this.#slots;
    return { probes: this.#watched.size, underWay, waiting, ...this.#counts };
  }

  /** Settles when every probe of now has had an outcome (or is held by maintenance, or gone). */
  firstRound(): Promise<void> {
    if (this.#fresh.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waitingForFirst.add(resolve));
  }

  /** Ends everything; settles when no probe is under way any more. No verdict comes out of it. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#maintenance.stop();
    this.#lag.stop();
    for (const id of [...this.#watched.keys()]) this.#endLoop(id);
    await Promise.all(this.#ending.values());
  }

  #replaceMonitors(
    specs: readonly MonitorSpec[],
    adopt: (spec: MonitorSpec) => "up" | undefined,
  ): void {
    const now = this.#now();
    const before = new Map(this.#monitors);
    // Filled anew, so that the order is the file's.
    this.#monitors.clear();
    for (const spec of specs) {
      const old = before.get(spec.id);
      this.#monitors.set(spec.id, {
        spec,
        health: old
          ? carriedHealth(old, spec, adopt(spec), now)
          : initialHealth(spec, adopt(spec), now),
        file: old?.file,
        last: old?.last,
      });
    }
  }

  /** @returns the new loops, not yet started */
  #replaceLoops(specs: readonly MonitorSpec[]): readonly ProbeLoop[] {
    const wanted = new Map<string, { readonly probe: ProbeSpec; readonly monitors: string[] }>();
    for (const { id, source } of specs) {
      if (source.kind !== "probe") continue;
      const entry = wanted.get(source.probe.id) ?? { probe: source.probe, monitors: [] };
      entry.monitors.push(id);
      wanted.set(source.probe.id, entry);
    }
    for (const id of [...this.#watched.keys()]) if (!wanted.has(id)) this.#endLoop(id);
    const added: ProbeLoop[] = [];
    for (const [id, { probe, monitors }] of wanted) {
      const kept = this.#watched.get(id);
      if (kept === undefined) {
        const loop = new ProbeLoop(probe, this.#loopParts);
        this.#watched.set(id, { loop, monitors });
        this.#fresh.add(id);
        added.push(loop);
      } else {
        kept.loop.spec = probe;
        kept.monitors = monitors;
      }
    }
    return added;
  }

  #endLoop(id: string): void {
    const watched = this.#watched.get(id);
    if (watched === undefined) return;
    this.#watched.delete(id);
    this.#faults.settled(id);
    this.#notFresh(id);
    const ended = Promise.all([this.#ending.get(id), watched.loop.stop()]).then(() => {
      if (this.#ending.get(id) === ended) this.#ending.delete(id);
    });
    this.#ending.set(id, ended);
  }

  #onOutcome(loop: ProbeLoop, outcome: Outcome, asked: "main" | "between"): void {
    const { id } = loop.spec;
    const now = this.#now();
    if (outcome.kind === "verdict") {
      this.#counts.verdicts++;
      this.#faults.settled(id);
    } else if (outcome.kind === "local-fault") {
      this.#counts.localFaults++;
      this.#faults.lost(id, outcome.code, outcome.detail, now);
    }
    const changed = new Set<string>();
    for (const monitorId of this.#watched.get(id)?.monitors ?? []) {
      const before = this.#monitors.get(monitorId);
      if (before === undefined || before.file !== undefined) continue;
      if (outcome.kind === "verdict") {
        this.#parts.onVerdict?.(before.spec, outcome.verdict, asked);
      }
      const after = absorb(before, outcome, asked, now);
      this.#monitors.set(monitorId, after);
      if (outcome.kind !== "verdict") continue;
      report(this.#log, before, after.health, outcome.verdict, outcome.durationMs);
      if (before.health.phase !== after.health.phase) changed.add(after.spec.serviceId);
    }
    this.#notFresh(id);
    this.#tell(changed);
  }

  /** Compares every real server with the directory's contents as they are known now. */
  #lookAtMaintenance(): void {
    if (this.#isStopped) return;
    const changed = new Set<string>();
    for (const [id, monitor] of this.#monitors) {
      const { spec } = monitor;
      const file = this.#maintenance.fileFor(spec.real);
      if (file === monitor.file) continue;
      const row = { real: formatEndpoint(spec.real), virtual: serviceName(spec.virtual) };
      if (file === undefined) {
        this.#log.event("maintenance-left", row);
        this.#monitors.set(id, { ...monitor, file, health: healthAfterMaintenance(monitor) });
        changed.add(spec.serviceId);
        continue;
      }
      this.#monitors.set(id, { ...monitor, file });
      if (monitor.file !== undefined) continue;
      this.#log.event("maintenance-entered", { ...row, file });
      // Who is down already is no more out than before.
      if (monitor.health.phase !== "down") changed.add(spec.serviceId);
    }
    for (const [id, { loop, monitors }] of this.#watched) {
      // A probe runs while anybody waits for its word.
      const isNeeded = monitors.some((monitor) => !this.#monitors.get(monitor)?.file);
      if (isNeeded) {
        loop.release();
      } else {
        loop.hold();
        this.#notFresh(id);
      }
    }
    this.#tell(changed);
  }

  #tell(serviceIds: Iterable<string>): void {
    if (this.#isReplacing) return;
    for (const id of serviceIds) this.#parts.onChange(id);
  }

  #notFresh(probeId: string): void {
    this.#fresh.delete(probeId);
    if (this.#fresh.size > 0) return;
    for (const resolve of this.#waitingForFirst) resolve();
    this.#waitingForFirst.clear();
  }

  /** The same bug in a thousand probes, every second, is one entry in the log. */
  #onBug(error: unknown): void {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (this.#bugs.has(stack) || this.#bugs.size >= 100) return;
    this.#bugs.add(stack);
    this.#log.event("internal-error", { stack });
  }

  #onAbandoned(): void {
    this.#counts.abandoned++;
    this.#onBug("a check did not end when told to; it may still hold a connection");
  }
}
