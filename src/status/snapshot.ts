import type { ConfigChanges } from "../config/changes.ts";
import type { Config } from "../config/config.ts";
import type { Steps } from "../config/turns.ts";
import type { LocalFault } from "../health/blame/fault-episodes.ts";
import type { Monitor } from "../health/monitor.ts";
import type { HealthStatistics } from "../health/statistics.ts";
import type { Supervisor } from "../health/supervisor.ts";
import type { SyncDaemon } from "../ipvs/sync-daemon.ts";
import type { DaemonPhase } from "../model/alerts.ts";
import { type ServiceKey, serviceId, serviceName } from "../model/virtual-service.ts";
import type { OrderDesk } from "../orders/desk.ts";
import type { Order } from "../orders/order.ts";
import type { Usable } from "../reconcile/outage.ts";
import type { Reconciler } from "../reconcile/reconciler.ts";
import type { Role, RoleState } from "../role/role.ts";
import { type HandsEdit, handsEdits } from "./hands-edits.ts";
import { type ServerState, serversOf, unnamedServers } from "./servers.ts";

/**
 * All that a daemon knows at one moment; of a large table, within some turns of the event loop. What shows something
 * reads this and nothing else. Plain: JSON makes the same of it and back. No secret is in it. Times are epoch
 * milliseconds; what is not there is not known, or there is none.
 */
export interface Snapshot {
  /** Of this shape. What reads it may rely on the fields of its version; new ones may come without another version. */
  readonly version: 1;
  readonly at: number;
  readonly phase: DaemonPhase;
  /** Of the `ldirectord.cf`. */
  readonly path: string;
  readonly isAutoreload: boolean;
  readonly maintenanceDir?: string;
  /** In the file's order, and then those that are leaving. */
  readonly services: readonly ServiceState[];
  /** The newest; absent when there was none. */
  readonly reload?: ReloadState;
  /** What operators have ordered, and holds; those of a drain with the connections that it had when last looked at. */
  readonly orders: readonly (Order & { readonly left?: number })[];
  /** Of the kernel, where the `ldirectord-ng.ini` asks for some. */
  readonly sync?: SyncShown;
  /** Trouble of this machine's own that is going on. */
  readonly localFaults: readonly LocalFault[];
  /** `punctuality` is how late checks are. */
  readonly statistics: HealthStatistics;
}

export interface SyncShown {
  /** Those that the file asks for now. */
  readonly wanted: readonly SyncDaemon[];
  /** Absent when the kernel does not tell. */
  readonly running?: readonly SyncDaemon[];
}

export interface ReloadState {
  readonly at: number;
  /** Whether what it read runs now. */
  readonly worked: boolean;
  /** Why it did not; or what went wrong when there was no way back. */
  readonly problems: readonly string[];
  /** Of one that worked. */
  readonly changes?: ConfigChanges;
}

export interface ServiceState {
  /** `tcp:10.0.0.1:80`, `fwm:5`: unique. */
  readonly id: string;
  /** `10.0.0.1:80`, or the bare mark. */
  readonly name: string;
  readonly key: ServiceKey;
  /** Not named by the file any more, and on its way out of the table. */
  readonly isLeaving: boolean;
  /** As last read or written. */
  readonly isInTable: boolean;
  readonly scheduler: string;
  /** Of this director in it, since when, and why; absent where `[role]` follows nobody. */
  readonly role?: Role;
  readonly roleSince?: number;
  readonly roleWhy?: string;
  /** Absent of one that is leaving. */
  readonly checkIntervalMs?: number;
  /** Whether any real server can be used; absent while that is not known. */
  readonly usable?: Usable;
  readonly isFallbackOn: boolean;
  /** Changes that the kernel refuses just now. */
  readonly refused: readonly string[];
  /** When another hand's doing was last found. */
  readonly driftAt?: number;
  /** What another hand did, and is left as it is. */
  readonly edits: readonly HandsEdit[];
  /** Every real server of the file, in its order, in the table or not; the fallback server; rows of nobody in the file. */
  readonly servers: readonly ServerState[];
}

export interface SnapshotOptions {
  readonly at: number;
  readonly config: Config;
  /** Ids of virtual services: all others are left out. */
  readonly only?: ReadonlySet<string>;
  readonly phase: DaemonPhase;
  readonly reload: ReloadState | undefined;
  readonly health: Pick<Supervisor, "localFaults" | "statistics"> & {
    monitor(serviceId: string, real: Monitor["spec"]["real"]): Monitor | undefined;
  };
  readonly reconciler: Pick<Reconciler, "snapshot" | "leaving">;
  readonly orders: Pick<OrderDesk, "book" | "leftOf">;
  readonly role?: (serviceId: string) => RoleState | undefined;
  readonly sync?: SyncShown | undefined;
}

/** Made when it is asked for, out of what is known anyway: work for each row, once a call. */
export function* takingSnapshot(options: SnapshotOptions): Steps<Snapshot> {
  const { at, phase, config, reload, health, reconciler, orders } = options;
  const tracked = new Map(
    reconciler.snapshot().map((each) => [serviceId(each.virtual.key), each] as const),
  );
  const services: ServiceState[] = [];
  for (const virtual of config.virtuals) {
    const id = serviceId(virtual.key);
    if (options.only?.has(id) === false) continue;
    const known = tracked.get(id);
    services.push({
      id,
      name: serviceName(virtual.key),
      key: virtual.key,
      isLeaving: false,
      isInTable: known?.observed !== undefined,
      scheduler: virtual.scheduler,
      ...roleFields(options.role?.(id)),
      checkIntervalMs: virtual.checkIntervalMs,
      ...(known?.usable !== undefined && { usable: known.usable }),
      isFallbackOn: known?.desired.isFallbackOn ?? false,
      refused: known?.refused ?? [],
      ...(known?.driftAt !== undefined && { driftAt: known.driftAt }),
      edits: handsEdits(known?.edits),
      servers: yield* serversOf(virtual, known, {
        monitor: (real) => health.monitor(id, real),
        orders: (real) => orders.book.about(id, real),
      }),
    });
    yield;
  }
  return {
    version: 1,
    at,
    phase,
    path: config.path,
    isAutoreload: config.isAutoreload,
    ...(config.maintenanceDir !== undefined && { maintenanceDir: config.maintenanceDir }),
    services: [
      ...services,
      ...reconciler.leaving().map(
        ({ key, observed, refused }): ServiceState => ({
          id: serviceId(key),
          name: serviceName(key),
          key,
          isLeaving: true,
          isInTable: true,
          scheduler: observed.service.scheduler,
          isFallbackOn: false,
          refused,
          edits: [],
          servers: unnamedServers(observed.dests),
        }),
      ),
    ],
    ...(reload !== undefined && { reload }),
    orders: orders.book.orders.map((order) => {
      const left = orders.leftOf(order.id);
      return left === undefined ? order : { ...order, left };
    }),
    ...(options.sync !== undefined && { sync: options.sync }),
    localFaults: health.localFaults(),
    statistics: health.statistics(),
  };
}

const roleFields = (state: RoleState | undefined) =>
  state && { role: state.role, roleSince: state.since, roleWhy: state.why };
