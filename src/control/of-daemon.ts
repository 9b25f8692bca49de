import type { Daemon } from "../daemon/daemon.ts";
import type { Director } from "./director.ts";
import { SharedSnapshot } from "./shared-snapshot.ts";

/** The daemon as the control socket sees it. */
export function directorOf(daemon: Daemon): Director {
  const snapshots = new SharedSnapshot(() => daemon.snapshot());
  return { serialSnapshot: () => snapshots.get() };
}
