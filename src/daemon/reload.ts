import { configChanges } from "../config/changes.ts";
import type { Config } from "../config/config.ts";
import type { ReportLine } from "../config/diagnostics.ts";
import { iniPath } from "../config/ini-path.ts";
import { inTurns, type Steps } from "../config/turns.ts";
import { type ConfigWatch, watchConfig } from "../config/watch.ts";
import { NetlinkError } from "../errors.ts";
import type { Supervisor } from "../health/supervisor.ts";
import { waitsForStart } from "../ini/sections.ts";
import type { Ipvs, TableRow } from "../ipvs/ipvs.ts";
import type { Logger } from "../log/logger.ts";
import { messageOf, stackOf } from "../model/error-text.ts";
import { type ServiceKey, serviceId, type VirtualService } from "../model/virtual-service.ts";
import { adoptedIn } from "../reconcile/adopt.ts";
import type { ReloadState } from "../status/snapshot.ts";
import type { Prepared, Ready } from "./prepare.ts";
import { objecting, takingAway } from "./reload-guard.ts";

export type ReloadReason =
  /** HUP: an operator's word. */
  | "signal"
  /** autoreload: the file has changed. */
  | "file"
  /** The same file once more, which was left alone: what serves may have changed. */
  | "again"
  /** The same file once more: it takes something away, and has been as it is for a while. */
  | "settled"
  /** The same text once more, because of names that could not be looked up. */
  | "names";

/** What the table has of a configuration that is about to run. */
interface Seen {
  readonly table: readonly TableRow[];
  /** Those rows of it that were read just now: of services that are new. */
  readonly found: readonly TableRow[];
}

export type ReloadSteps = readonly (() => unknown)[];

export interface ReloadOptions {
  readonly log: Logger;
  readonly ipvs: Ipvs;
  /** What runs. */
  readonly prepared: Ready;
  /** Reads the file again. Changes nothing by itself. */
  readonly prepareAgain: () => Promise<Prepared>;
  readonly supervisor: Supervisor;
  /** By `serviceId`, the table's rows as last known. */
  readonly observed: () => ReadonlyMap<string, TableRow | undefined>;
  /**
   * How to go on to `next`: begun in this order and in one turn of the event loop, each whatever becomes of the others.
   * What is long of it is made ready before, and changes nothing.
   */
  readonly steps: (next: Ready, before: Ready, seen: Seen) => Steps<ReloadSteps>;
  readonly callBack: (config: Config) => Promise<void>;
  /** Defaults: see DaemonOptions. */
  readonly retryNamesMs?: number;
  readonly retryReloadMs?: number;
  readonly settleMs?: number;
}

export interface Reloads {
  /** See Daemon. */
  reload(reason: ReloadReason): Promise<boolean>;
  /** What runs. */
  current(): Ready;
  /** undefined when there was none. */
  last(): ReloadState | undefined;
  /** One that is under way commits to nothing any more. */
  stop(): void;
}

/**
 * Reloads, one at a time, each a transaction:
 *
 *   prepare ──all is well──► look ──nothing speaks against it──► make ready ──► commit
 *      └────────────────────────┴──► what runs goes on, untouched ◄──┘      no way back: what fails in it is told as that
 */
export function createReloads(options: ReloadOptions): Reloads {
  const { log, ipvs, supervisor } = options;
  const { path } = options.prepared.config;
  let current = options.prepared;
  let last: ReloadState | undefined;
  let isStopped = false;
  let reloading: Promise<boolean> | undefined;
  let waitingReload: Promise<boolean> | undefined;
  let waitingReason: ReloadReason | undefined;
  let retry: NodeJS.Timeout | undefined;
  let nameRetry: NodeJS.Timeout | undefined;
  /** The hash of the file that is to be looked at once more. */
  let pending: string | undefined;

  /** Says what is wrong with a file, and leaves the configuration as it is. */
  const keep = (reason: ReloadReason, problems: readonly ReportLine[]): void => {
    const texts = problems.map(({ text }) => text);
    const isTold = reason === "again" && String(last?.problems) === String(texts);
    last = { at: Date.now(), worked: false, problems: texts };
    if (isTold) return;
    for (const told of problems) log.event("config-error", placed(told));
    log.event("config-kept", { path });
  };
  /** The same, with a file that only an order takes up as things are. */
  const leaveAlone = (reason: ReloadReason, why: string): void => {
    keep(reason, [{ text: leftAlone(path, why), line: 0 }]);
    if (!current.config.isAutoreload) return;
    retry = setTimeout(() => void reloadAndCallBack("again"), options.retryReloadMs ?? 30_000);
  };

  /** @returns what could run; undefined when there is nothing new, or it cannot: that is told */
  const prepare = async (reason: ReloadReason): Promise<Ready | undefined> => {
    const isForNames = reason === "names";
    const lookUp = (isForNames && current.lookUpAgain) || options.prepareAgain;
    const prepared = (await current.isStill()) ? current : await lookUp();
    if (isStopped) return undefined;
    if (isForNames && !hasNews(current, prepared)) return undefined;
    const { hash } = prepared;
    // Another content than the one that was to be looked at again: the watch will come with it.
    const isOnceMore = reason === "again" || reason === "settled";
    if (isOnceMore && hash !== undefined && hash !== pending) return undefined;
    // Good or bad, this content has been dealt with: the watch need not come with it again.
    if (hash !== undefined && !isForNames) {
      watch.accept(hash);
      pending = hash;
    }
    if (prepared.ok) return prepared;
    keep(reason, prepared.problems);
    return undefined;
  };

  /** @returns what the table has of it; undefined when it is not to be taken up, now at least */
  const look = async (reason: ReloadReason, next: Ready): Promise<Seen | undefined> => {
    const known = options.observed();
    const isNew = ({ key }: VirtualService) => !known.has(serviceId(key));
    const added = next.config.virtuals.filter(isNew).map(({ key }) => key);
    // Nobody but us has touched the others, as far as we know: they are not read again.
    const [found] = await Promise.all([
      listEach(ipvs, added),
      supervisor.lookAhead(next.config.maintenanceDir),
    ]);
    if (isStopped) return undefined;
    const table = [...known.values(), ...found].filter((row) => row !== undefined);
    if (reason === "signal") return { table, found };
    const outlook = supervisor.outlook(next.specs, adoptedIn(next.config.virtuals, table));
    const automatic = { running: current, next, view: supervisor, outlook, table: known };
    const why = await inTurns(objecting(automatic));
    if (why !== undefined) {
      if (reason !== "names") leaveAlone(reason, why);
      return undefined;
    }
    const isNewFile = reason === "file";
    if (isNewFile && (await inTurns(takingAway(current.config, next.config))).length > 0) {
      retry = setTimeout(() => void reloadAndCallBack("settled"), options.settleMs ?? 5_000);
      return undefined;
    }
    return { table, found };
  };

  /** From here on it is the new configuration that runs, whatever happens. */
  const commit = async (reason: ReloadReason, next: Ready, steps: ReloadSteps): Promise<void> => {
    const isForNames = reason === "names";
    const before = current;
    current = next;
    if (isForNames) log.event("config-reread-late", { path });
    const isKnown = ({ text }: ReportLine) =>
      isForNames && before.warnings.some((told) => told.text === text);
    const forStart = waitsForStart(options.prepared.ini, before.ini, next.ini);
    if (forStart.length > 0) {
      const text = `${iniPath(path)}: warning: ${forStart.join(", ")}: a change of it takes effect when the daemon is started again`;
      log.event("config-warning", { text });
    }
    for (const told of next.warnings) if (!isKnown(told)) log.event("config-warning", placed(told));
    const services = before.config.virtuals.length;
    if (next.config.virtuals.length === 0 && services > 0) {
      // Told here, for the file may name another log, or none.
      log.event("config-emptied", { path, services });
    }
    const done = await Promise.allSettled(steps.map(async (step) => await step()));
    const errors = done.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
    for (const error of errors) log.event("internal-error", { stack: stackOf(error) });
    if (isForNames && errors.length === 0) return;
    const changes = await inTurns(configChanges(before.config, next.config));
    last = { at: Date.now(), worked: true, problems: errors.map(messageOf), changes };
  };

  const reloadOnce = async (reason: ReloadReason): Promise<boolean> => {
    if (reason === "signal") log.event("reload-signal", {});
    if (reason !== "names") clearTimeout(retry);
    let next: Ready | undefined;
    let steps: ReloadSteps | undefined;
    try {
      next = await prepare(reason);
      const seen = next && (await look(reason, next));
      steps = next && seen && (await inTurns(options.steps(next, current, seen)));
    } catch (error) {
      // Mostly a table that cannot be read.
      keep(reason, [{ text: `Error [${process.pid}]: ${messageOf(error)}`, line: 0 }]);
    }
    if (next === undefined || steps === undefined || isStopped) return false;
    await commit(reason, next, steps);
    return true;
  };

  const reload = (reason: ReloadReason): Promise<boolean> => {
    if (isStopped) return Promise.resolve(false);
    if (reloading !== undefined) {
      waitingReason = strongest(reason, waitingReason);
      waitingReload ??= reloading.then(() => {
        const wish = strongest(reason, waitingReason);
        waitingReload = undefined;
        waitingReason = undefined;
        return reload(wish);
      });
      return waitingReload;
    }
    reloading = reloadOnce(reason).finally(() => {
      reloading = undefined;
      retryNames();
    });
    return reloading;
  };

  /** Who has no address joins when its name can be looked up, as by a reload. */
  const retryNames = (): void => {
    clearTimeout(nameRetry);
    if (isStopped || current.lookUpAgain === undefined) return;
    nameRetry = setTimeout(() => void reload("names"), options.retryNamesMs ?? 30_000);
    nameRetry.unref();
  };
  retryNames();

  /** A file that was refused here is no gift for the other director either. */
  const reloadAndCallBack = async (reason: "file" | "again" | "settled"): Promise<void> => {
    if (await reload(reason)) await options.callBack(current.config);
  };

  const onFileChange = async (changed: string): Promise<void> => {
    log.event("config-changed", { path: changed });
    if (current.config.isAutoreload) {
      log.event("config-reread", {});
      await reloadAndCallBack("file");
    } else {
      log.event("config-ignored", {});
      await options.callBack(current.config);
    }
  };
  const watch: ConfigWatch = watchConfig(path, {
    beside: iniPath(path),
    hash: options.prepared.hash,
    onChange: (_, changed) => void onFileChange(changed),
    onUnreadable: (unreadable) =>
      log.event("config-warning", {
        text: `Warning [${process.pid}]: can not open file ${unreadable} for checking`,
      }),
  });

  return {
    reload,
    current: () => current,
    last: () => last,
    stop: () => {
      isStopped = true;
      watch.stop();
      clearTimeout(retry);
      clearTimeout(nameRetry);
    },
  };
}

/** Of wishes that come together: an operator's word, then a new file. */
const strongest = (a: ReloadReason, b: ReloadReason | undefined): ReloadReason =>
  b === undefined || rank.indexOf(a) < rank.indexOf(b) ? a : b;
const rank: readonly ReloadReason[] = ["signal", "file", "settled", "again", "names"];

const leftAlone = (path: string, why: string): string =>
  `Error [${process.pid}]: ${path} is left alone, although it has changed: ${why}. Only an order takes up such a file: ldirectord ${path} reload`;

/** Of these services what can be read: one that cannot be holds up no other. @throws NetlinkError when none can */
async function listEach(ipvs: Ipvs, keys: readonly ServiceKey[]): Promise<readonly TableRow[]> {
  if (keys.length === 0) return [];
  try {
    return await ipvs.list(keys);
  } catch (error) {
    // It may be the table, which then answers nothing.
    await ipvs.info();
    if (!(error instanceof NetlinkError)) throw error;
  }
  const rows = await Promise.all(keys.map((key) => ipvs.list([key]).catch(() => [])));
  return rows.flat();
}

/** Whether names can be looked up that could not be before, or the other way round. */
const hasNews = (current: Ready, prepared: Prepared): boolean =>
  prepared.ok && String(prepared.unresolved) !== String(current.unresolved);

const placed = ({ text, line }: ReportLine) => ({ text, ...(line > 0 && { configLine: line }) });
