import { existsSync } from "node:fs";
import { procTable } from "./look-at-kernel.ts";
import { openKernelIpvs } from "./open-kernel.ts";
import type { SyncDaemon } from "./sync-daemon.ts";

/** The kernel's sync daemons, only looked at: no module is loaded. @throws IpvsUnavailableError, NetlinkError */
export async function lookAtSync(): Promise<readonly SyncDaemon[]> {
  if (!existsSync(procTable)) return [];
  const ipvs = await openKernelIpvs(undefined, { loadModule: async () => "only looked at" });
  try {
    return await ipvs.syncDaemons();
  } finally {
    ipvs.close();
  }
}
