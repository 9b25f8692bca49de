import { join } from "node:path";
import type { Config } from "../config/config.ts";
import type { HealthView } from "../health/view.ts";
import type { IniSettings } from "../ini/sections.ts";
import type { Logger } from "../log/logger.ts";
import { type ServiceKey, serviceId } from "../model/virtual-service.ts";
import type { CommandRunner } from "../programs/runner.ts";
import type { Listener } from "../reconcile/describe.ts";
import { countOf } from "./count.ts";
import { bodyOf } from "./file-text.ts";
import type { HealthFile, HealthFileOptions } from "./health-file.ts";
import { type HealthCount, type HealthWord, type ServiceHealth, wordOf } from "./health-word.ts";
import { createHealthHook } from "./hook.ts";

export interface HealthKeeperOptions {
  readonly log: Logger;
  readonly view: HealthView;
  /** For [health-hook]. */
  readonly runner: CommandRunner;
  readonly keepFile: (options: HealthFileOptions) => HealthFile;
  /** Whose file it is: see instanceName. */
  readonly instance: string;
}

/** Keeps the word of health of each virtual service, and tells it to those who act on it. */
export interface HealthKeeper {
  /** From the reconciler, for each service that changed: nothing else is worked out. */
  readonly onBrought: Listener["onBrought"];
  /** From now on these virtual services, and what the ini says of whom to tell. */
  follow(config: Pick<Config, "virtuals">, ini: HealthSettings): void;
  /** In the file's order, then those that it names no more and that are in the table still. */
  now(): readonly ServiceHealth[];
  /**
   * No word is known any more, and that is told. @param heir what runs after us, if anything: its file and its hook are left alone
   * @returns when it is told, or has taken longer than `patienceMs`
   */
  end(heir: HealthSettings | undefined, patienceMs: number): Promise<void>;
}

type HealthSettings = Pick<
  IniSettings,
  "healthDir" | "healthShare" | "healthHook" | "healthHookTimeoutMs"
>;

interface Kept {
  readonly key: ServiceKey;
  readonly count: HealthCount;
  /** Its servers have all been asked once, or enough of them are up: from then on each word is told. */
  isKnown?: boolean;
  /** As the log has told it. */
  logged?: HealthWord;
}

export function createHealthKeeper(options: HealthKeeperOptions): HealthKeeper {
  const { log, view, keepFile, instance } = options;
  const hook = createHealthHook(options.runner);
  let kept = new Map<string, Kept>();
  let settings: HealthSettings | undefined;
  let file: HealthFile | undefined;

  const healthOf = (id: string, { key, count }: Kept): ServiceHealth => {
    const { up, of } = count;
    return { id, key, word: wordOf(count, settings?.healthShare), up, of };
  };
  const now = () => [...kept].map(([id, each]) => healthOf(id, each));

  const tell = (id: string, each: Kept): void => {
    const { healthDir, healthShare, healthHook } = settings ?? {};
    const service = healthOf(id, each);
    const { key, word, up, of } = service;
    each.isKnown ||= word === "usable" || !each.count.isAnyAwaited;
    if (!each.isKnown) return;
    hook.say(service);
    const isAskedFor = (healthDir ?? healthShare ?? healthHook) !== undefined;
    if (!isAskedFor || word === (each.logged ?? "unknown")) return;
    // That a service gets to work is no news.
    const isNews = each.logged !== undefined || word !== "usable";
    each.logged = word;
    if (isNews) log.event("health-word", { virtual: key, word, up, of });
  };
  const forget = (id: string, { key }: Kept): void => {
    kept.delete(id);
    hook.say({ id, key, word: "unknown", up: 0, of: 0 });
  };

  const onBrought: HealthKeeper["onBrought"] = ({ id, key, virtual, actual }) => {
    const before = kept.get(id);
    if (virtual === undefined) {
      // One on its way out has its last word as long as it serves.
      if (before === undefined || actual !== undefined) return;
      forget(id, before);
    } else {
      const count = countOf(virtual, actual, view);
      const after: Kept = { ...before, key, count };
      kept.set(id, after);
      if (settings !== undefined) tell(id, after);
      if (before !== undefined && isSame(before.count, count)) return;
    }
    file?.changed();
  };

  const followFile = (before: string | undefined, folder: string | undefined): void => {
    if (folder !== before) {
      void file?.end(true);
      file = folder === undefined ? undefined : fileIn(folder);
    } else file?.changed();
  };
  const fileIn = (folder: string): HealthFile => {
    const path = join(folder, `${instance}.health`);
    return keepFile({
      path,
      body: () => bodyOf(now()),
      onFailed: (cause) => log.event("health-file-failed", { path, cause }),
      onRecovered: () => log.event("health-file-recovered", { path }),
    });
  };

  return {
    onBrought,
    follow({ virtuals }, ini) {
      const before = kept;
      kept = new Map();
      for (const { key, reals } of virtuals) {
        const id = serviceId(key);
        const count = { up: 0, of: reals.length, isAnyAwaited: true };
        kept.set(id, before.get(id) ?? { key, count });
      }
      for (const [id, each] of before) if (!kept.has(id)) kept.set(id, each);
      const { healthHook: command, healthHookTimeoutMs } = ini;
      hook.follow(
        command === undefined ? undefined : { command, timeoutSec: healthHookTimeoutMs / 1000 },
      );
      const folder = settings?.healthDir;
      settings = ini;
      followFile(folder, ini.healthDir);
      for (const [id, each] of kept) tell(id, each);
    },
    now,
    async end(heir, patienceMs) {
      const isLeft = heir?.healthDir !== undefined && heir.healthDir === settings?.healthDir;
      const ended = file?.end(!isLeft);
      file = undefined;
      if (heir?.healthHook === undefined || heir.healthHook !== settings?.healthHook) {
        for (const [id, each] of [...kept]) forget(id, each);
      }
      settings = undefined;
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, patienceMs);
      });
      await Promise.race([Promise.all([ended, hook.idle()]), patience]);
      clearTimeout(timer);
    },
  };
}

const isSame = (a: HealthCount, b: HealthCount): boolean =>
  a.up === b.up && a.of === b.of && a.isAnyAwaited === b.isAnyAwaited;
