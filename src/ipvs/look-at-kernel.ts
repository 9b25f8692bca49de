import { existsSync } from "node:fs";
import type { TableRow } from "./ipvs.ts";
import { openKernelIpvs } from "./open-kernel.ts";

/** There while module ip_vs is. Asking netlink for a family that is not there has the kernel load its module. */
export const procTable = "/proc/net/ip_vs";

/**
 * The kernel's table, only looked at: no module is loaded.
 * @returns undefined where module ip_vs is not loaded @throws IpvsUnavailableError, NetlinkError
 */
export async function lookAtKernel({
  isLoaded = () => existsSync(procTable),
  open = openKernelIpvs,
} = {}): Promise<readonly TableRow[] | undefined> {
  if (!isLoaded()) return undefined;
  const loadModule = async () => "nothing is loaded for a look";
  const ipvs = await open(undefined, { loadModule });
  try {
    return await ipvs.list();
  } finally {
    ipvs.close();
  }
}
