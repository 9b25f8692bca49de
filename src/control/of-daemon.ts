import type { Daemon } from "../daemon/daemon.ts";
import type { RecordRing } from "../log/sinks/ring.ts";
import type { Director } from "./director.ts";
import { SharedSnapshot } from "./shared-snapshot.ts";

export interface DirectorParts {
  readonly daemon: Daemon;
  /** Its log goes there, too. */
  readonly records: RecordRing;
  readonly addressOf: Director["addressOf"];
}

/** The daemon as the control socket sees it. */
export function directorOf({ daemon, records, addressOf }: DirectorParts): Director {
  const snapshots = new SharedSnapshot(() => daemon.snapshot());
  return {
    serialSnapshot: () => snapshots.get(),
    outdateSnapshot: () => snapshots.outdate(),
    snapshotOf: (serviceIds) => daemon.snapshot(serviceIds),
    virtuals: () => daemon.running().config.virtuals,
    warnings: () => daemon.running().warnings.map(({ text }) => text),
    checksOf: (id, real) => daemon.checksOf(id, real),
    addressOf,
    orders: daemon.orders,
    async reload() {
      await daemon.reload("signal");
      snapshots.outdate();
      return daemon.lastReload();
    },
    records,
    kernel: daemon.kernel,
  };
}
