import { syncStateNumber } from "./constants.ts";

/** master tells its connections, backup hears those of a master. A director may be both. */
export type SyncState = keyof typeof syncStateNumber;
export const syncStates = Object.keys(syncStateNumber) as readonly SyncState[];

/**
 * The kernel's thread that tells other directors of the connections there are, so that one of them can go on with them.
 * What is not given, the kernel chooses, and then tells.
 */
export interface SyncDaemon {
  readonly state: SyncState;
  readonly interface: string;
  /** 0..255: a backup hears a master of the same id; one with 0 hears them all. */
  readonly id: number;
  /** Of a message, without its headers: 1024..65487. The kernel brings any other into a range like this one. */
  readonly maxBytes?: number;
  /** A multicast address. */
  readonly group?: string;
  /** UDP, 1..65535 */
  readonly port?: number;
  /** 1..255 */
  readonly ttl?: number;
}

/** Whether what runs is as wanted, in all that is said of it. */
export const isSyncAs = (running: SyncDaemon, wanted: SyncDaemon): boolean =>
  Object.entries(wanted).every(([field, value]) => running[field as keyof SyncDaemon] === value);

/** What is asked, for an error's message. */
export const syncStart = ({ state, interface: name }: SyncDaemon): string =>
  `start the IPVS sync daemon as ${state} on ${name}`;
export const syncStop = (state: SyncState): string => `stop the IPVS sync daemon as ${state}`;
