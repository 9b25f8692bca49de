import type { Verdict } from "../../checks/check.ts";
import { useEngine } from "../../checks/lib/engine/engine.ts";
import { inTurns, type Steps } from "../config/turns.ts";
import type { WholeFile } from "../files/whole-file.ts";
import { LocalLinks } from "../health/blame/local-link.ts";
import type { MonitorSpec } from "../health/plan.ts";
import { Supervisor } from "../health/supervisor.ts";
import type { Incidents } from "../incidents/keeper.ts";
import type { Ipvs, TableRow } from "../ipvs/ipvs.ts";
import type { Logger } from "../log/logger.ts";
import { createAlerts, type MailSettings } from "../mail/alerts.ts";
import type { Endpoint } from "../model/address.ts";
import { createMonitorFiles } from "../monitorfile/monitor-files.ts";
import type { OrderDesk } from "../orders/desk.ts";
import type { StateFile } from "../orders/state-file.ts";
import { runCallback } from "../programs/callback.ts";
import { createFallbackCommands } from "../programs/fallback-command.ts";
import { createInstances } from "../programs/instances.ts";
import { adoptedIn } from "../reconcile/adopt.ts";
import { Reconciler } from "../reconcile/reconciler.ts";
import type { Rehearsed } from "../reconcile/rehearsal.ts";
import { createRoles } from "../role/roles.ts";
import type { Beside } from "../status/causes.ts";
import { type ReloadState, type Snapshot, takingSnapshot } from "../status/snapshot.ts";
import { createHealthKeeper } from "../word/health-keeper.ts";
import type { ServiceHealth } from "../word/health-word.ts";
import { createAlerting, waitingOf } from "./alerting.ts";
import { checksOf } from "./checks-of.ts";
import { createEnd } from "./end.ts";
import { createKernelSettings } from "./kernel-settings.ts";
import { type KernelSide, kernelSideOf } from "./kernel-side.ts";
import { createOrderDesk } from "./order-desk.ts";
import { createDryOutside, createOutside } from "./outside.ts";
import { createPhase } from "./phase.ts";
import type { Prepared, Ready } from "./prepare.ts";
import { probeThreads } from "./probe-threads.ts";
import { rehearseReload } from "./rehearse.ts";
import { createReloads, type ReloadReason, type ReloadSteps } from "./reload.ts";

export interface DaemonOptions {
  readonly log: Logger;
  /** Closed by `stop`. */
  readonly ipvs: Ipvs;
  /** What to run. */
  readonly prepared: Ready;
  /** Reads the file again, for a reload. Changes nothing by itself. */
  readonly prepareAgain: () => Promise<Prepared>;
  /** How this program is started, for `execute`. Without it `execute` is not followed. */
  readonly program?: readonly [string, ...string[]];
  /** What a thread that checks runs: src/probe-thread. Without it, all checks are of this thread. */
  readonly threadProgram?: URL;
  /** A reload has made this what runs: the log may have to move. */
  readonly onConfig?: (next: Ready) => unknown;
  /** Each verdict, once for each virtual service that it counts in. */
  readonly onVerdict?: (spec: MonitorSpec, verdict: Verdict, durationMs: number) => void;
  /** What its files are called, as the pid file is. Default: as one that was started without a name. */
  readonly instance?: string;
  /** Where orders outlive the daemon. Without it they end with it. */
  readonly orderFile?: StateFile;
  /** Where open incidents do. */
  readonly incidentFile?: WholeFile;
  /** In place of what the ini says. */
  readonly mail?: MailSettings;
  /** Checks, and acts on nothing but `ipvs`: no program is run, no mail sent, no monitorfile written. */
  readonly isDryRun?: boolean;
  /** How often the table is read again, whatever the ini says. 0: never. */
  readonly rereadMs?: number;
  /** How soon names that could not be looked up are tried again. Default 30 s. */
  readonly retryNamesMs?: number;
  /** How soon a file that was left alone is judged again. Default 30 s. */
  readonly retryReloadMs?: number;
  /** How long a file must have been as it is before an autoreload takes anything away by it. Default 5 s. */
  readonly settleMs?: number;
}

export interface Daemon {
  /**
   * One at a time; several wishes during one are one more. Never rejects.
   * @returns whether the configuration on disk is now the one that runs
   */
  reload(reason: ReloadReason): Promise<boolean>;
  /** Takes the services out of the table where `cleanstop` says so, and ends. A second call waits for the first. */
  stop(signal: string): Promise<void>;
  /** Ends likewise, and leaves the table as it is for the one that comes next. */
  handOver(signal: string): Promise<void>;
  /** For display: what is believed, wanted and done, now. @param only ids of virtual services: these alone */
  snapshot(only?: ReadonlySet<string>): Promise<Snapshot>;
  /** The word of each virtual service. */
  health(): readonly ServiceHealth[];
  /** What is known of a real server's checks. */
  checksOf(serviceId: string, real: Endpoint): Beside;
  /** What operators have ordered, and where they order it. */
  readonly orders: OrderDesk;
  /** Who is told of incidents, and a way to try it. */
  readonly alerts: Pick<Incidents, "now" | "test">;
  /** What runs. */
  current(): Ready;
  /** The newest; undefined when there was none. */
  lastReload(): ReloadState | undefined;
  /** Settles when every real server has been asked once, and the table shows it. */
  firstRound(): Promise<void>;
  readonly kernel: KernelSide;
  /** What waits to be sent, by its queue. */
  queues(): Readonly<Record<string, number>>;
  /** What a reload by an operator's word would do to the table now. Changes nothing. @throws NetlinkError */
  rehearse(next: Ready): Promise<Rehearsed>;
}

/**
 * Builds every part and hands it to the others.
 * @throws NetlinkError when the table cannot be read: then nothing has been changed
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { ipvs } = options;
  useEngine(options.prepared.ini.engine);
  let stopping: Promise<void> | undefined;

  const outside = (options.isDryRun ? createDryOutside : createOutside)(options.log);
  const isSpare = (id: string) => roles.of(id)?.role === "spare";
  const incidents = createAlerting(options, outside, { isSpare, supervisor: () => supervisor });
  const { log } = incidents;
  const fallbackCommands = createFallbackCommands(outside.commands.fallback);
  const instances = options.program && createInstances(outside.commands.instances, options.program);
  const ownLinks = new LocalLinks();
  const supervisor = new Supervisor({
    log,
    ownLink: ownLinks,
    threads: probeThreads(options.prepared.ini, options.threadProgram),
    onChange: (id) => reconciler.touch(id),
    onVerdict: (spec, verdict, asked, durationMs) => {
      const { real, virtual } = spec;
      const probe = asked === "between" ? "connect" : "check";
      log.event("real-checked", {
        real,
        virtual,
        probe,
        durationMs: Math.round(durationMs),
        result: verdict.up ? "up" : verdict.reason,
        detail: verdict.detail,
      });
      monitorFiles.onVerdict(spec, verdict, asked);
      options.onVerdict?.(spec, verdict, durationMs);
    },
  });
  const monitorFiles = createMonitorFiles({ log, view: supervisor, append: outside.appendFile });
  const phase = createPhase();
  const kernelSettings = createKernelSettings(ipvs, log);
  const roles = createRoles({
    log,
    commands: outside.commands.role,
    onChange: () => void kernelSettings.followRoles(roles.held()),
  });
  const alerts = createAlerts({
    log,
    commands: outside.commands.mail,
    sendMail: outside.sendMail,
    view: supervisor,
    phase: phase.now,
    isSpare,
    isSilenced: (id, real) => desk.book.about(id, real).some(({ kind }) => kind !== "weight"),
  });
  const words = createHealthKeeper({
    ...{ log, view: supervisor, runner: outside.commands.health },
    keepFile: outside.keepHealthFile,
    instance: options.instance ?? "ldirectord",
  });
  const desk = createOrderDesk({
    log,
    file: options.orderFile,
    ipvs,
    supervisor,
    reconciler: () => reconciler,
    virtuals: () => reloads.current().config.virtuals,
  });
  const reconciler: Reconciler = new Reconciler({
    ipvs,
    log,
    view: supervisor,
    onFallback: fallbackCommands.say,
    onRow: alerts.onRow,
    onBrought: (service) => [words, incidents].forEach((it) => void it.onBrought(service)),
    rereadMs: options.rereadMs ?? options.prepared.ini.rereadMs,
  });

  /** How to go on to `next`, with what `table` shows of it. The supervisor has looked ahead. */
  const activating = function* (ready: Ready, table: readonly TableRow[]): Steps<ReloadSteps> {
    const { config, ini, specs } = ready;
    const adopted = adoptedIn(config.virtuals, table, desk.book);
    return [
      yield* supervisor.replacing(specs, adopted, config.maintenanceDir),
      () => monitorFiles.replace(config.virtuals, specs),
      () => alerts.replace(config, options.mail ?? ini),
      () => reconciler.rereadEvery(options.rereadMs ?? ini.rereadMs),
    ];
  };

  try {
    const { config, ini } = options.prepared;
    const [table, book] = await Promise.all([
      ipvs.list(),
      desk.open(),
      supervisor.lookAhead(config.maintenanceDir),
      roles.follow(config.virtuals, ini.role),
      incidents.follow(config.virtuals, ini.alerts ?? []),
    ]);
    supervisor.follow(book);
    for (const step of await inTurns(activating(options.prepared, table))) step();
    await reconciler.start(config, table);
    words.follow(config, ini);
    await kernelSettings.follow(ini);
  } catch (error) {
    ownLinks.stop();
    roles.stop();
    await Promise.all([supervisor.stop(), alerts.stop(0), monitorFiles.stop(0), incidents.stop(0)]);
    throw error;
  }

  const firstRound = async () => {
    await supervisor.firstRound();
    await reconciler.settled();
  };
  const reloads = createReloads({
    ...options,
    log,
    supervisor,
    observed: () => reconciler.observed(),
    steps: function* (next, before, { table, found }) {
      return [
        ...(yield* activating(next, table)),
        () => options.onConfig?.(next),
        () => words.follow(next.config, next.ini),
        () => incidents.follow(next.config.virtuals, next.ini.alerts ?? []),
        async () => {
          await roles.follow(next.config.virtuals, next.ini.role);
          await kernelSettings.follow(next.ini);
        },
        async () => {
          const applied = reconciler.reload(next.config, found);
          phase.begin("reloading", applied.then(firstRound), alerts.tellUntold);
          await applied;
          void instances?.change(before.config.execute, next.config.execute);
        },
      ];
    },
    callBack: async ({ callback, path }) => {
      if (callback !== undefined) await runCallback(outside.commands.callback, callback, path);
    },
  });
  desk.start();
  phase.begin("starting", firstRound(), alerts.tellUntold);
  void firstRound().then(() => {
    if (stopping === undefined) void instances?.start(reloads.current().config.execute);
  });

  const end = createEnd({
    ...{ log, ipvs, outside, phase, supervisor, reconciler, kernelSettings, instances },
    ...{ alerts, monitorFiles, fallbackCommands, words, reloads, incidents },
    prepareAgain: options.prepareAgain,
    halts: [desk, reloads, roles],
    ownLinks,
  });
  const ending = (why: Parameters<typeof end>[1]) => (signal: string) => {
    stopping ??= end(signal, why);
    return stopping;
  };

  return {
    reload: reloads.reload,
    stop: ending("for good"),
    handOver: ending("for the next one"),
    snapshot: async (only) => {
      const sync = await kernelSettings.shown();
      return inTurns(
        takingSnapshot({
          at: Date.now(),
          config: reloads.current().config,
          ...(only && { only }),
          phase: phase.now(),
          reload: reloads.last(),
          health: supervisor,
          reconciler,
          orders: desk,
          role: roles.of,
          sync,
        }),
      );
    },
    orders: desk,
    alerts: incidents,
    current: reloads.current,
    checksOf: (id, real) => checksOf(supervisor, id, real),
    health: words.now,
    lastReload: reloads.last,
    firstRound,
    kernel: kernelSideOf(ipvs, kernelSettings),
    queues: () => ({ mail: alerts.waiting(), ...waitingOf(incidents) }),
    rehearse: (next) => rehearseReload({ ipvs, supervisor, reconciler, desk }, next),
  };
}
