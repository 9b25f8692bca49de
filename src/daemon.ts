import type { Config } from "./config/config.ts";
import type { Told } from "./config/diagnostics.ts";
import { type ConfigWatch, watchConfig } from "./config/watch.ts";
import type { LastOutcome } from "./health/monitor.ts";
import { OwnLinks } from "./health/own-link.ts";
import { type MonitorSpec, monitorId } from "./health/plan.ts";
import { type HealthStatistics, Supervisor } from "./health/supervisor.ts";
import type { HealthView } from "./health/view.ts";
import type { Ipvs, TableRow } from "./ipvs/ipvs.ts";
import type { Logger } from "./log/logger.ts";
import type { Endpoint } from "./model/address.ts";
import { serviceId, type VirtualService } from "./model/virtual-service.ts";
import { type AlertsParts, createAlerts } from "./notify/alerts.ts";
import { runCallback } from "./notify/callback.ts";
import { createCommandRunner } from "./notify/command.ts";
import { createFallbackCommands } from "./notify/fallback-command.ts";
import { createInstances } from "./notify/instances.ts";
import { createMonitorFiles } from "./notify/monitor-files.ts";
import { createPhase } from "./phase.ts";
import type { Prepared, Ready } from "./prepare.ts";
import { adopt } from "./reconcile/adopt.ts";
import { Reconciler, type ServiceSnapshot } from "./reconcile/reconciler.ts";

export interface DaemonParts {
  readonly log: Logger;
  /** Closed by `stop`. */
  readonly ipvs: Ipvs;
  /** What to run. */
  readonly prepared: Ready;
  /** Reads the file again, for a reload. Changes nothing by itself. */
  readonly prepareAgain: () => Promise<Prepared>;
  /** How this program is started, for `execute`. Without it `execute` is not followed. */
  readonly program?: readonly [string, ...string[]];
  /** A reload has made this the configuration: the log may have to move. */
  readonly onConfig?: (config: Config) => void;
  readonly email?: EmailSettings;
  /** How often the table is read again. Default: the reconciler's. */
  readonly rereadMs?: number;
  /** After an autoreload that no name server had an answer for: when to try again. Default 30 s. */
  readonly retryReloadMs?: number;
}

/** Where the file has no words: its defaults are the original's. */
type EmailSettings = Pick<AlertsParts, "smtpPort" | "mailProgram">;

/** What is still on its way when the table is clean may take so long. */
const mailPatienceMs = 5_000;
const monitorFilePatienceMs = 2_000;

type ReloadReason =
  /** HUP: an operator's word. */
  | "signal"
  /** autoreload: the file has changed. */
  | "file"
  /** The same file once more, because what was wrong may have passed. */
  | "again";

export interface Snapshot {
  readonly config: Config;
  /** What the newest reload failed with; undefined when it worked, or there was none. */
  readonly reloadProblems: readonly string[] | undefined;
  readonly services: readonly ServiceSnapshot[];
  readonly health: HealthView & {
    last(serviceId: string, real: Endpoint): LastOutcome | undefined;
  };
  readonly statistics: HealthStatistics;
}

export interface Daemon {
  /**
   * One at a time; several wishes during one are one more. Never rejects.
   * @returns whether the configuration on disk is now the one that runs
   */
  reload(reason: ReloadReason): Promise<boolean>;
  /** Takes the services out of the table where `cleanstop` says so, and ends. A second call waits for the first. */
  stop(signal: string): Promise<void>;
  /** For display: what is believed, wanted and done, now. */
  snapshot(): Snapshot;
  /** Settles when every real server has been asked once, and the table shows it. */
  firstRound(): Promise<void>;
}

/**
 * Builds every part and hands it to the others.
 * @throws NetlinkError when the table cannot be read: then nothing has been changed
 */
export async function startDaemon(parts: DaemonParts): Promise<Daemon> {
  const { log, ipvs } = parts;
  let { config } = parts.prepared;
  let reloadProblems: readonly string[] | undefined;
  let stopping: Promise<void> | undefined;
  let reloading: Promise<boolean> | undefined;
  let waitingReload: Promise<boolean> | undefined;
  let retry: NodeJS.Timeout | undefined;

  const commands = createCommandRunner({ logger: log });
  const fallbackCommand = createFallbackCommands(commands);
  const instances = parts.program && createInstances(commands, parts.program);
  const ownLinks = new OwnLinks();
  const supervisor = new Supervisor({
    log,
    ownLink: (address, sinceMs) => ownLinks.trouble(address, sinceMs),
    onChange: (id) => reconciler.touch(id),
    onVerdict: ({ serviceId: service, real }, verdict, asked) =>
      monitorFiles.onVerdict(service, real, verdict, asked),
  });
  const monitorFiles = createMonitorFiles({ log, view: supervisor });
  const phase = createPhase();
  const alerts = createAlerts({
    ...parts.email,
    log,
    commands,
    view: supervisor,
    phase: phase.now,
  });
  const reconciler: Reconciler = new Reconciler({
    ipvs,
    log,
    view: supervisor,
    onFallback: fallbackCommand,
    onRow: alerts.onRow,
    ...(parts.rereadMs !== undefined && { rereadMs: parts.rereadMs }),
  });

  /** Goes on to `next`, with what `table` shows of it. The supervisor has looked ahead. */
  const takeUp = ({ config: next, specs }: Ready, table: readonly TableRow[]) => {
    const inUse = new Set(
      adopt(next.virtuals, table).map(({ serviceId, real }) => monitorId(serviceId, real)),
    );
    const adopted = ({ id }: MonitorSpec) => (inUse.has(id) ? "up" : undefined);
    supervisor.replace(specs, adopted, next.maintenanceDir);
    monitorFiles.replace(next.virtuals);
    alerts.replace(next);
  };

  try {
    const [table] = await Promise.all([ipvs.list(), supervisor.lookAhead(config.maintenanceDir)]);
    takeUp(parts.prepared, table);
    await reconciler.start(config, table);
  } catch (error) {
    ownLinks.stop();
    await Promise.all([supervisor.stop(), alerts.stop(0), monitorFiles.stop(0)]);
    throw error;
  }

  const ask = async (reason: ReloadReason): Promise<boolean> => {
    if (reason === "signal") log.event("reload-signal", {});
    clearTimeout(retry);
    try {
      const prepared = await parts.prepareAgain();
      if (stopping !== undefined) return false;
      // Good or bad, this content has been dealt with: the watch need not come with it again.
      if (prepared.hash !== undefined) watch.accept(prepared.hash);
      if (!prepared.ok) {
        const texts = prepared.problems.map(({ text }) => text);
        const isTold = reason === "again" && String(reloadProblems) === String(texts);
        reloadProblems = texts;
        if (!isTold) {
          for (const told of prepared.problems) log.event("config-error", placed(told));
          log.event("config-kept", { path: config.path });
        }
        if (prepared.mayPass && config.isAutoreload) {
          retry = setTimeout(() => void follow("again"), parts.retryReloadMs ?? 30_000);
        }
        return false;
      }
      if (reason === "again") log.event("config-reread-late", { path: config.path });
      for (const told of prepared.warnings) log.event("config-warning", placed(told));
      const before = config;
      const known = reconciler.observed();
      const isNew = ({ key }: VirtualService) => !known.has(serviceId(key));
      const added = prepared.config.virtuals.filter(isNew).map(({ key }) => key);
      // Nobody but us has touched the others, as far as we know: they are not read again.
      const [found] = await Promise.all([
        added.length === 0 ? [] : ipvs.list(added),
        supervisor.lookAhead(prepared.config.maintenanceDir),
      ]);
      if (stopping !== undefined) return false;
      takeUp(
        prepared,
        [...known.values(), ...found].filter((row) => row !== undefined),
      );
      config = prepared.config;
      reloadProblems = undefined;
      parts.onConfig?.(config);
      const applied = reconciler.reload(config, found);
      phase.begin("reloading", applied.then(firstRound), alerts.tellUntold);
      await applied;
      void instances?.change(before.execute, config.execute);
      return true;
    } catch (error) {
      // The table could not be read; the old configuration is untouched.
      const cause = error instanceof Error ? error.message : String(error);
      reloadProblems = [cause];
      log.event("config-error", { text: `Error [${process.pid}]: ${cause}` });
      log.event("config-kept", { path: config.path });
      return false;
    }
  };

  const reload = (reason: ReloadReason): Promise<boolean> => {
    if (stopping !== undefined) return Promise.resolve(false);
    if (reloading !== undefined) {
      waitingReload ??= reloading.then(() => {
        waitingReload = undefined;
        return reload(reason);
      });
      return waitingReload;
    }
    reloading = ask(reason).finally(() => {
      reloading = undefined;
    });
    return reloading;
  };

  const callBack = async (): Promise<void> => {
    if (config.callback !== undefined) await runCallback(commands, config.callback, config.path);
  };
  /** A file that was refused here is no gift for the other director either. */
  const follow = async (reason: "file" | "again"): Promise<void> => {
    if (await reload(reason)) await callBack();
  };

  const onFileChange = async (): Promise<void> => {
    log.event("config-changed", { path: config.path });
    if (config.isAutoreload) {
      log.event("config-reread", {});
      await follow("file");
    } else {
      log.event("config-ignored", {});
      await callBack();
    }
  };
  const watch: ConfigWatch = watchConfig(config.path, {
    hash: parts.prepared.hash,
    onChange: () => void onFileChange(),
    onUnreadable: () =>
      log.event("config-warning", {
        text: `Warning [${process.pid}]: can not open file ${config.path} for checking`,
      }),
  });

  const firstRound = async () => {
    await supervisor.firstRound();
    await reconciler.settled();
  };
  phase.begin("starting", firstRound(), alerts.tellUntold);
  void firstRound().then(() => {
    if (stopping === undefined) void instances?.start(config.execute);
  });

  const end = async (signal: string): Promise<void> => {
    phase.beginStopping();
    watch.stop();
    clearTimeout(retry);
    const others = instances?.stop(config.execute);
    // The probes need not have ended for the table to be cleaned: they have no say any more.
    const probes = supervisor.stop();
    await reconciler.stop();
    const told = [alerts.stop(mailPatienceMs), monitorFiles.stop(monitorFilePatienceMs)];
    await Promise.all([others, probes, ...told]);
    await commands.stop();
    ownLinks.stop();
    ipvs.close();
    log.event("daemon-terminated", { signal });
  };

  return {
    reload,
    stop: (signal) => {
      stopping ??= end(signal);
      return stopping;
    },
    snapshot: () => ({
      config,
      reloadProblems,
      services: reconciler.snapshot(),
      health: supervisor,
      statistics: supervisor.statistics(),
    }),
    firstRound,
  };
}

const placed = ({ text, line }: Told) => ({ text, ...(line > 0 && { configLine: line }) });
