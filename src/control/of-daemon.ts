import type { Daemon } from "../daemon/daemon.ts";
import type { RecordRing } from "../log/sinks/ring.ts";
import type { Director } from "./director.ts";
import { SharedSnapshot } from "./shared-snapshot.ts";

/** The daemon as the control socket sees it. */
export function directorOf(daemon: Daemon, records: RecordRing): Director {
  const snapshots = new SharedSnapshot(() => daemon.snapshot());
  return {
    serialSnapshot: () => snapshots.get(),
    outdateSnapshot: () => snapshots.outdate(),
    virtuals: () => daemon.config().virtuals,
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
