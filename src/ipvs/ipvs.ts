import type { Endpoint } from "../model/address.ts";
import type { ForwardingMethod } from "../model/real-server.ts";
import type { ServiceKey } from "../model/virtual-service.ts";
import type { ConnectionFilter, Connections } from "./connections.ts";
import type { ServiceCounters } from "./counters.ts";
import type { SyncDaemon, SyncState } from "./sync-daemon.ts";

/** A virtual service as the kernel holds it: the fields we write, none that the kernel adds. */
export interface TableService {
  readonly key: ServiceKey;
  readonly scheduler: string;
  /** IP_VS_SVC_F_SCHED1..3 (0x8, 0x10, 0x20), ORed. */
  readonly schedulerFlags: number;
  /** Absent: not persistent. */
  readonly persistenceSec?: number;
  /** IPv4: mask as an unsigned 32-bit number; IPv6: prefix length. 0xffffffff or 128 when not set. */
  readonly netmask: number;
  readonly isOnePacket: boolean;
}

/** A real server as the kernel holds it ("destination"). `local` is never written, only seen in a foreign row. */
export interface TableDest {
  readonly endpoint: Endpoint;
  readonly forwarding: ForwardingMethod | "local";
  readonly weight: number;
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
}

export interface TableRow {
  readonly service: TableService;
  readonly dests: readonly TableDest[];
}

export type IpvsOp =
  | { readonly kind: "add-service"; readonly service: TableService }
  | { readonly kind: "set-service"; readonly service: TableService }
  | { readonly kind: "delete-service"; readonly key: ServiceKey }
  | { readonly kind: "add-dest"; readonly key: ServiceKey; readonly dest: TableDest }
  | { readonly kind: "set-dest"; readonly key: ServiceKey; readonly dest: TableDest }
  | { readonly kind: "delete-dest"; readonly key: ServiceKey; readonly endpoint: Endpoint };

/** undefined: done. Otherwise the errno's name, `ENOENT`, `EEXIST`, `ESRCH`, `EPERM`, …, or `LOST` when no answer came. */
export type OpResult = string | undefined;

/** How long a connection is remembered that has gone quiet: one that stands, one whose end has begun; UDP. Seconds. */
export interface Timeouts {
  readonly tcp: number;
  readonly tcpFin: number;
  readonly udp: number;
}

/** The kernel counts in its own ticks, in 31 bits: so much fits at 1000 a second, the most of any kernel. */
export const maxTimeoutSec = 2_147_483;

/** The kernel's table, or the embedded one. One test suite holds for both. */
export interface Ipvs {
  /**
   * The table, read afresh; rows in the kernel's order.
   * @param only read just these services; one that does not exist is left out
   * @throws NetlinkError when the table cannot be read
   */
  list(only?: readonly ServiceKey[]): Promise<readonly TableRow[]>;
  /**
   * Makes the changes in the order given; a failed one does not stop the rest.
   * @returns one result per op, in order
   */
  apply(ops: readonly IpvsOp[]): Promise<readonly OpResult[]>;
  info(): Promise<{ readonly version: string; readonly connectionTableSize: number }>;
  /** 0 is of a protocol that this kernel has not. */
  timeouts(): Promise<Timeouts>;
  /**
   * Those that are named; the others stay.
   * @param wanted each from 1 to maxTimeoutSec
   * @throws NetlinkError `ERANGE` for any other
   */
  setTimeouts(wanted: Partial<Timeouts>): Promise<void>;
  /**
   * What was counted, read afresh and apart from `list`; in its order.
   * @param only see `list`
   * @throws NetlinkError when it cannot be read
   */
  counters(only?: readonly ServiceKey[]): Promise<readonly ServiceCounters[]>;
  /**
   * Connections that fit, read while the table goes on.
   * @param most so many are given back, the others counted
   * @throws NetlinkError
   */
  connections(filter: ConnectionFilter, most: number): Promise<Connections>;
  /** Those that run: at most a master and a backup. @throws NetlinkError */
  syncDaemons(): Promise<readonly SyncDaemon[]>;
  /** @throws NetlinkError `EEXIST` when one of that state runs, `ENODEV` without the interface, `ERANGE` for a bad value */
  startSync(daemon: SyncDaemon): Promise<void>;
  /** @throws NetlinkError `ESRCH` when none runs */
  stopSync(state: SyncState): Promise<void>;
  close(): void;
}

/** Of it, the rows: what is enough to keep them right. */
export type IpvsRows = Pick<Ipvs, "list" | "apply">;

/** Equal in every field that we write. */
export const sameService = (a: TableService, b: TableService): boolean =>
  a.scheduler === b.scheduler &&
  a.schedulerFlags === b.schedulerFlags &&
  a.persistenceSec === b.persistenceSec &&
  a.netmask === b.netmask &&
  a.isOnePacket === b.isOnePacket;

/** Equal in every field that we write. */
export const sameDest = (a: TableDest, b: TableDest): boolean =>
  a.forwarding === b.forwarding &&
  a.weight === b.weight &&
  a.upperThreshold === b.upperThreshold &&
  a.lowerThreshold === b.lowerThreshold;
