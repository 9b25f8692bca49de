import { isDeepStrictEqual } from "node:util";
import { NetlinkError } from "../errors.ts";
import type { SyncSettings, TimeoutSettings } from "../ini/kernel-keys.ts";
import type { IniSettings } from "../ini/sections.ts";
import type { Ipvs, Timeouts } from "../ipvs/ipvs.ts";
import { isSyncAs, type SyncDaemon, type SyncState, syncStates } from "../ipvs/sync-daemon.ts";
import type { Logger } from "../log/logger.ts";

/**
 * What IPVS can be told beside its table: sync daemons and timeouts. Whoever tells it, one at a time. What the file asks
 * for is done when it is new in the file; so what an operator orders stays until the file says something else.
 */
export interface KernelSettings {
  /** What a file asks for. Trouble is told in the log, and is no reason to do less. */
  follow(ini: IniSettings): Promise<void>;
  /** Stops those sync daemons that run for the file, and that the next one, if any, does not ask for. */
  end(next: IniSettings | undefined): Promise<void>;
  /** An operator's orders, by their name. @throws NetlinkError see Ipvs */
  startSync(daemon: SyncDaemon, by: string): Promise<void>;
  stopSync(state: SyncState, by: string): Promise<void>;
  setTimeouts(wanted: Partial<Timeouts>, by: string): Promise<void>;
}

export function createKernelSettings(ipvs: Ipvs, log: Logger): KernelSettings {
  /** As the file last asked, and it was done; */
  const asked = new Map<SyncState, SyncDaemon>();
  let askedTimeouts: TimeoutSettings = {};
  let last: Promise<unknown> = Promise.resolve();

  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  const told = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error;
      log.event("kernel-setting-failed", { cause: error.message });
    }
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
    follow: ({ sync, timeouts }) =>
      inTurn(async () => {
        for (const state of syncStates) {
          await told(() => followSync(state, daemonOf(sync, state)));
        }
        await told(() => followTimeouts(timeouts ?? {}));
      }),
    end: (next) =>
      inTurn(async () => {
        for (const own of [...asked.values()]) {
          if (daemonOf(next?.sync, own.state) === undefined) await told(() => stopOwn(own));
        }
      }),
    startSync: (daemon, by) => inTurn(() => start(daemon, by)),
    stopSync: (state, by) => inTurn(() => stop(state, by)),
    setTimeouts: (wanted, by) => inTurn(() => set(wanted, by)),
  };
}

const runningAs = async (ipvs: Ipvs, state: SyncState): Promise<SyncDaemon | undefined> =>
  (await ipvs.syncDaemons()).find((daemon) => daemon.state === state);

/** @returns undefined when the file asks for none of this state */
function daemonOf(sync: SyncSettings | undefined, state: SyncState): SyncDaemon | undefined {
  const { start, interface: name, id = 0, ...rest } = sync ?? {};
  if (name === undefined || (start?.word !== state && start?.word !== "both")) return undefined;
  return { state, interface: name, id, ...rest };
}
