import type { SyncSettings } from "../ini/kernel-keys.ts";
import type { SyncDaemon, SyncState } from "../ipvs/sync-daemon.ts";
import type { Role } from "./role.ts";

/** Who is active tells; who is spare hears. */
const roleOf: Readonly<Record<SyncState, Role>> = { master: "active", backup: "spare" };

/**
 * The kernel's sync daemon of one state, as the file asks for it of a director with these roles.
 * @returns undefined when it asks for none
 */
export function wantedSync(
  sync: SyncSettings | undefined,
  state: SyncState,
  roles: ReadonlySet<Role>,
): SyncDaemon | undefined {
  const { start, interface: name, id = 0, ...rest } = sync ?? {};
  const isByRole = start?.word === "role" && roles.has(roleOf[state]);
  const isWanted = isByRole || start?.word === state || start?.word === "both";
  if (name === undefined || !isWanted) return undefined;
  return { state, interface: name, id, ...rest };
}
