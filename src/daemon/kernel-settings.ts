import { isDeepStrictEqual } from "node:util";
import { NetlinkError } from "../errors.ts";
import type { SyncSettings, TimeoutSettings } from "../ini/kernel-keys.ts";
import type { IniSettings } from "../ini/sections.ts";
import type { Ipvs, Timeouts } from "../ipvs/ipvs.ts";
import { isSyncAs, type SyncDaemon, type SyncState, syncStates } from "../ipvs/sync-daemon.ts";
import type { Logger } from "../log/logger.ts";
import type { Role } from "../role/role.ts";
import { wantedSync } from "../role/wanted-sync.ts";
import type { SyncShown } from "../status/snapshot.ts";

/**
 * What IPVS can be told beside its table: sync daemons and timeouts. Whoever tells it, one at a time. What the file asks
 * for is done when it is new in the file; so what an operator orders stays until the file says something else.
 */
export interface KernelSettings {
  /** What a file asks for. Trouble is told in the log, and is no reason to do less. */
  follow(ini: IniSettings): Promise<void>;
  /** This director has these roles now: where the file says so, the sync daemons go with them. */
  followRoles(held: ReadonlySet<Role>): Promise<void>;
  /** The sync daemons that the file asks for now, and those that run; undefined when it asks for none. */
  shown(): Promise<SyncShown | undefined>;
  /** Stops those sync daemons that run for the file, and that the next one, if any, does not ask for. */
  end(next: IniSettings | undefined): Promise<void>;
  /** An operator's orders, by their name. @throws NetlinkError see Ipvs */
  startSync(daemon: SyncDaemon, by: string): Promise<void>;
  stopSync(state: SyncState, by: string): Promise<void>;
  setTimeouts(wanted: Partial<Timeouts>, by: string): Promise<void>;
}

/** @param retryMs how soon a sync daemon that could not be started is tried again: its interface may come */
export function createKernelSettings(ipvs: Ipvs, log: Logger, retryMs = 10_000): KernelSettings {
  /** As the file last asked, and it was done; */
  const asked = new Map<SyncState, SyncDaemon>();
  let askedTimeouts: TimeoutSettings = {};
  let last: Promise<unknown> = Promise.resolve();
  /** What the file asks for, and the roles that it does so by. */
  let sync: SyncSettings | undefined;
  let roles: ReadonlySet<Role> = new Set();
  let retry: NodeJS.Timeout | undefined;

  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  /** @param known what of it is no news @returns what went wrong */
  const told = async (work: () => Promise<void>, known?: string): Promise<string | undefined> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error;
      if (error.message !== known) log.event("kernel-setting-failed", { cause: error.message });
      return error.message;
    }
    return undefined;
  };

  const start = async (daemon: SyncDaemon, by?: string): Promise<void> => {
    await ipvs.startSync(daemon);
    const { state, interface: name, id } = daemon;
    log.event("sync-started", { state, interface: name, syncId: id, ...(by && { by }) });
  };
  const stop = async (state: SyncState, by?: string): Promise<void> => {
    await ipvs.stopSync(state);
    log.event("sync-stopped", { state, ...(by && { by }) });
  };
  const set = async (wanted: Partial<Timeouts>, by?: string): Promise<void> => {
    await ipvs.setTimeouts(wanted);
    log.event("timeouts-set", { ...(await ipvs.timeouts()), ...(by && { by }) });
  };

  /** Another hand may have ended it, or put another in its place. */
  const stopOwn = async (own: SyncDaemon): Promise<void> => {
    const running = await runningAs(ipvs, own.state);
    if (running !== undefined && isSyncAs(running, own)) await stop(own.state);
    asked.delete(own.state);
  };
  const followSync = async (state: SyncState, wanted: SyncDaemon | undefined): Promise<void> => {
    const own = asked.get(state);
    if (isDeepStrictEqual(own, wanted)) return;
    if (own !== undefined) await stopOwn(own);
    if (wanted === undefined) return;
    const running = await runningAs(ipvs, state);
    if (running === undefined || !isSyncAs(running, wanted)) {
      if (running !== undefined) await stop(state);
      await start(wanted);
    }
    asked.set(state, wanted);
  };
  /** Several changes of a moment come down to the last. @param known by state, what was told of it before */
  const followSyncs = async (known: ReadonlyMap<SyncState, string> = new Map()): Promise<void> => {
    clearTimeout(retry);
    const failed = new Map<SyncState, string>();
    for (const state of syncStates) {
      const follow = () => followSync(state, wantedSync(sync, state, roles));
      const trouble = await told(follow, known.get(state));
      if (trouble !== undefined) failed.set(state, trouble);
    }
    if (failed.size === 0) return;
    retry = setTimeout(() => void inTurn(() => followSyncs(failed)), retryMs);
    retry.unref();
  };
  const followTimeouts = async (wanted: TimeoutSettings): Promise<void> => {
    if (isDeepStrictEqual(askedTimeouts, wanted)) return;
    const now = await ipvs.timeouts();
    const others = Object.entries(wanted).filter(
      ([name, seconds]) => now[name as keyof Timeouts] !== seconds,
    );
    if (others.length > 0) await set(Object.fromEntries(others));
    askedTimeouts = wanted;
  };

  return {
    follow: ({ sync: wanted, timeouts }) => {
      sync = wanted;
      return inTurn(async () => {
        await followSyncs();
        await told(() => followTimeouts(timeouts ?? {}));
      });
    },
    followRoles: async (held) => {
      if (isDeepStrictEqual(held, roles)) return;
      roles = held;
      if (sync?.start?.word === "role") await inTurn(followSyncs);
    },
    async shown() {
      const wanted = syncStates.flatMap((state) => wantedSync(sync, state, roles) ?? []);
      if (wanted.length === 0) return undefined;
      try {
        return { wanted, running: await ipvs.syncDaemons() };
      } catch (error) {
        if (error instanceof NetlinkError) return { wanted };
        throw error;
      }
    },
    end: (next) =>
      inTurn(async () => {
        clearTimeout(retry);
        for (const own of [...asked.values()]) {
          if (wantedSync(next?.sync, own.state, roles) === undefined)
            await told(() => stopOwn(own));
        }
      }),
    startSync: (daemon, by) => inTurn(() => start(daemon, by)),
    stopSync: (state, by) => inTurn(() => stop(state, by)),
    setTimeouts: (wanted, by) => inTurn(() => set(wanted, by)),
  };
}

const runningAs = async (ipvs: Ipvs, state: SyncState): Promise<SyncDaemon | undefined> =>
  (await ipvs.syncDaemons()).find((daemon) => daemon.state === state);
