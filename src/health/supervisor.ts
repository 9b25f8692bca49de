import { isLocalFault } from "../../checks/lib/fault.ts";
import { atOnce, type Steps } from "../config/turns.ts";
import type { Logger } from "../log/logger.ts";
import type { Endpoint } from "../model/address.ts";
import { Excuses } from "./blame/excuses.ts";
import type { LocalFault } from "./blame/fault-episodes.ts";
import { Bugs } from "./bugs.ts";
import type { CheckResult } from "./history.ts";
import { type FileFor, Maintenance } from "./maintenance/maintenance.ts";
import { absorb, type Held, type Monitor, report, saysAgain, withHold } from "./monitor.ts";
import { outlookOf } from "./outlook.ts";
import { type MonitorSpec, monitorId } from "./plan.ts";
import { Agenda } from "./probes/agenda.ts";
import { LoopLag } from "./probes/lag.ts";
import { limitsFor, memoryLimit, openFileLimit } from "./probes/limits.ts";
import { Pacer } from "./probes/pacer.ts";
import { ProbePermits } from "./probes/permits.ts";
import type { LoopOptions, ProbeLoop } from "./probes/probe-loop.ts";
import { ProbePool } from "./probes/probe-pool.ts";
import type { ProbeOutcome } from "./probes/runner.ts";
import { ScheduleWatch } from "./probes/schedule-watch.ts";
import type { Adopt } from "./replacement.ts";
import type { Health } from "./state.ts";
import type { HealthStatistics } from "./statistics.ts";
import type { SupervisorOptions } from "./supervisor-options.ts";
import { ProbeThreads } from "./threads/probe-threads.ts";
import { type HealthView, noOrders, type OrdersView, type Steering } from "./view.ts";
import { Watched } from "./watched.ts";

/** @returns does it, in one short turn */
type Replacing = Steps<() => void>;

const unknown: Health = { state: "unknown" };

/** Runs the probes of a plan and keeps what is believed of every real server. */
export class Supervisor implements HealthView {
  readonly #options: SupervisorOptions;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #permits: ProbePermits;
  readonly #schedule: ScheduleWatch;
  readonly #maintenance: Maintenance;
  readonly #excuses: Excuses;
  #specs: readonly MonitorSpec[] = [];
  #maintenanceDir: string | undefined;
  readonly #watched = new Watched();
  readonly #pool: ProbePool;
  readonly #threads: ProbeThreads | undefined;
  readonly #counts = { verdicts: 0, localFaults: 0, cutShort: 0, abandoned: 0, skipped: 0 };
  #orders: OrdersView = noOrders;
  readonly #fileNow: FileFor = (real) => this.#maintenance.fileFor(real);
  #isStopped = false;

  constructor(options: SupervisorOptions) {
    const { log, ownLink } = options;
    const clock = options.clock ?? (() => performance.now());
    this.#options = options;
    this.#log = log;
    this.#now = options.now ?? (() => Date.now());
    const lag = new LoopLag(clock);
    const limits = options.limits ?? limitsFor(openFileLimit(), memoryLimit());
    this.#permits = new ProbePermits(limits, options.lag === undefined ? lag : undefined);
    this.#schedule = new ScheduleWatch(log);
    const pacer = new Pacer();
    this.#excuses = new Excuses({ log, ownLink, now: this.#now, clock });
    this.#maintenance = new Maintenance({
      log,
      clock,
      onChange: (address) => this.#tell(this.#lookAtMaintenance(address)),
      ...(options.readDirectory && { readDirectory: options.readDirectory }),
      ...(options.lookup && { lookup: options.lookup }),
    });
    const bugs = new Bugs(log);
    const onBug = (error: unknown) => bugs.note(error);
    const onAbandoned = () => {
      this.#counts.abandoned++;
      bugs.note("a check did not end when told to; it may still hold a connection");
    };
    const around = { log, clock, onBug, onAbandoned };
    this.#threads = options.threads && new ProbeThreads(options.threads, around);
    const loopOptions: LoopOptions = {
      ...{ clock, onBug, onAbandoned, elsewhere: this.#threads },
      lag: options.lag ?? lag,
      permits: this.#permits,
      pacer,
      agenda: new Agenda(clock),
      afterPoll: (judge) => pacer.afterPoll(judge),
      ownLink,
      isLocalFault,
      onOutcome: (loop, outcome, asked) => this.#onOutcome(loop, outcome, asked),
      onCutShort: () => this.#counts.cutShort++,
      onSkipped: (ticks) => {
        this.#counts.skipped += ticks;
      },
      onStarted: (lateMs, intervalMs) => this.#schedule.started(lateMs, intervalMs, clock()),
    };
    this.#pool = new ProbePool(loopOptions, (id) => {
      this.#excuses.forget(id);
      this.#threads?.forget(id);
    });
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
  replace(specs: readonly MonitorSpec[], adopt: Adopt, maintenanceDir?: string): void {
    atOnce(this.replacing(specs, adopt, maintenanceDir))();
  }

  /**
   * Makes `replace` ready, some real servers at a time; nothing is changed by it. One at a time, so that nothing is
   * replaced in between.
   */
  *replacing(specs: readonly MonitorSpec[], adopt: Adopt, maintenanceDir?: string): Replacing {
    const isOtherPlace = maintenanceDir !== this.#maintenanceDir;
    if (specs === this.#specs && !isOtherPlace) return () => {};
    const monitors = yield* this.#watched.replacing(specs, adopt, this.#now());
    const probes = yield* this.#pool.replacing(specs);
    return () => {
      if (this.#isStopped) return;
      this.#specs = specs;
      this.#maintenanceDir = maintenanceDir;
      const next = monitors();
      const { added, changed } = probes();
      this.#maintenance.watch(maintenanceDir, next.addresses, next.reals);
      // Of the others nothing has changed that was not looked at when it did.
      if (isOtherPlace) this.#lookAtMaintenance();
      else this.#lookAt(next.added, changed);
      // Somebody counts it as up, who has not asked it.
      this.#pool.start(added, (loop) => this.#watched.isAnyUp(loop.monitors));
    };
  }

  /** What `replace` would make of these: changes nothing. @param fileFor default: the maintenance of now */
  outlook(
    specs: readonly MonitorSpec[],
    adopt: Adopt,
    fileFor: FileFor = this.#fileNow,
  ): HealthView {
    const before = (id: string) => this.#watched.get(id);
    return outlookOf(specs, {
      ...{ adopt, before, now: this.#now() },
      hold: (id, real) => this.#heldBy(id, real, fileFor)?.name,
      steering: (id, real) => this.#orders.steering(id, real),
    });
  }

  /** Who will be in maintenance if `replace` comes with this directory now. */
  maintenanceOutlook(maintenanceDir: string | undefined): Promise<FileFor> {
    return this.#maintenance.outlook(maintenanceDir);
  }

  health(serviceId: string, real: Endpoint): Health {
    return this.#watched.get(monitorId(serviceId, real))?.health ?? unknown;
  }

  maintenance(serviceId: string, real: Endpoint): string | undefined {
    return this.#watched.get(monitorId(serviceId, real))?.held?.name;
  }

  steering(serviceId: string, real: Endpoint): Steering | undefined {
    return this.#orders.steering(serviceId, real);
  }

  /** Another set of orders holds from now on. */
  follow(orders: OrdersView): void {
    this.#orders = orders;
    this.#tell(this.#lookAtMaintenance());
  }

  /** All that is known of a real server, in one look; undefined for a pair that is not watched. */
  monitor(serviceId: string, real: Endpoint): Monitor | undefined {
    return this.#watched.get(monitorId(serviceId, real));
  }

  /** What its check came to of late, newest first. */
  results({ spec: { source } }: Monitor): readonly CheckResult[] {
    return source.kind === "probe" ? this.#pool.resultsOf(source.probe.id) : [];
  }

  /** Local trouble that is going on. */
  localFaults(): readonly LocalFault[] {
    return this.#excuses.current();
  }

  statistics(): HealthStatistics {
    const { underWay, waiting } = this.#permits;
    const held = this.localFaults().reduce((sum, fault) => sum + fault.waiting, 0);
    const threads = this.#threads?.count ?? 0;
    const now = { probes: this.#pool.size, underWay, waiting, held, threads };
    return { ...this.#counts, ...now, punctuality: this.#schedule.punctuality() };
  }

  /** Settles when every probe of now has had an outcome (or is held by maintenance, or gone). */
  firstRound(): Promise<void> {
    return this.#pool.firstRound();
  }

  /** Ends everything; settles when no probe is under way any more. No verdict comes out of it. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#maintenance.stop();
    await this.#pool.stop();
    this.#threads?.stop();
  }

  #onOutcome(loop: ProbeLoop, found: ProbeOutcome, asked: "main" | "between"): void {
    const now = this.#now();
    const outcome = this.#excuses.judge(loop.spec, found);
    loop.history.add(now, outcome, asked);
    if (found.kind === "local-fault") this.#counts.localFaults++;
    if (outcome.kind === "verdict") this.#counts.verdicts++;
    let changed: Set<string> | undefined;
    for (const monitorId of loop.monitors) {
      const before = this.#watched.get(monitorId);
      if (before === undefined || before.held !== undefined) continue;
      if (outcome.kind === "verdict") {
        this.#options.onVerdict?.(before.spec, outcome.verdict, asked, outcome.durationMs);
      }
      if (saysAgain(before, outcome, asked, now)) continue;
      const after = absorb(before, outcome, asked, now);
      this.#watched.keep(after);
      if (outcome.kind !== "verdict") continue;
      report(this.#log, before, after.health, outcome.verdict, outcome.durationMs);
      if (before.health.state === after.health.state) continue;
      changed ??= new Set();
      changed.add(after.spec.serviceId);
    }
    this.#pool.heard(loop.spec.id);
    if (changed !== undefined) this.#tell(changed);
  }

  /**
   * Compares the real servers at `address`, or all, with the directory's contents as they are known now.
   * @returns ids of the virtual services for which that changes something
   */
  #lookAtMaintenance(address?: string): ReadonlySet<string> {
    return this.#lookAt(this.#watched.ids(address), address === undefined ? this.#pool.ids() : []);
  }

  /** The same of these monitors, by id; @param probesToo those of theirs are looked at anyhow */
  #lookAt(ids: Iterable<string>, probesToo: Iterable<string>): ReadonlySet<string> {
    const changed = new Set<string>();
    if (this.#isStopped) return changed;
    const now = this.#now();
    const probes = new Set(probesToo);
    for (const id of ids) {
      const monitor = this.#watched.get(id);
      if (monitor === undefined) continue;
      const { spec } = monitor;
      if (spec.source.kind === "probe") probes.add(spec.source.probe.id);
      const held = this.#heldBy(spec.serviceId, spec.real);
      if (held?.name === monitor.held?.name && held?.by === monitor.held?.by) continue;
      this.#watched.keep(withHold(monitor, held, now));
      if (held !== undefined && monitor.held !== undefined) continue;
      const row = { real: spec.real, virtual: spec.virtual };
      if (held === undefined) this.#log.event("maintenance-left", row);
      else this.#log.event("maintenance-entered", { ...row, file: held.name });
      // Also of who is down already: another hand may have given it weight.
      changed.add(spec.serviceId);
    }
    for (const id of probes) {
      const monitors = this.#pool.monitorsOf(id);
      // A probe runs while anybody waits for its word.
      const isNeeded = monitors.some((monitor) => !this.#watched.get(monitor)?.held);
      if (isNeeded) {
        this.#pool.release(id);
      } else {
        this.#pool.hold(id);
        this.#excuses.forget(id);
      }
    }
    return changed;
  }

  /** A file comes first: it was there before there were orders. */
  #heldBy(serviceId: string, real: Endpoint, fileFor = this.#fileNow): Held | undefined {
    const [file, order] = [fileFor(real), this.#orders.hold(serviceId, real)];
    if (file !== undefined) return { by: "file", name: file };
    return order === undefined ? undefined : { by: "order", name: order };
  }

  #tell(serviceIds: Iterable<string>): void {
    for (const id of serviceIds) this.#options.onChange(id);
  }
}
