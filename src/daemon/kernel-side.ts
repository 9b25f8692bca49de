import type { Ipvs } from "../ipvs/ipvs.ts";
import type { KernelSettings } from "./kernel-settings.ts";

/** The kernel's side of a daemon: the table as it is, what is counted, and what can be told it beside the table. */
export type KernelSide = Pick<
  Ipvs,
  "list" | "counters" | "connections" | "timeouts" | "syncDaemons"
> &
  Pick<KernelSettings, "startSync" | "stopSync" | "setTimeouts">;

export const kernelSideOf = (ipvs: Ipvs, settings: KernelSettings): KernelSide => ({
  list: (only) => ipvs.list(only),
  counters: (only) => ipvs.counters(only),
  connections: (filter, most) => ipvs.connections(filter, most),
  timeouts: () => ipvs.timeouts(),
  syncDaemons: () => ipvs.syncDaemons(),
  startSync: settings.startSync,
  stopSync: settings.stopSync,
  setTimeouts: settings.setTimeouts,
});
