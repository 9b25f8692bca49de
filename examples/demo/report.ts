import type { Endpoint } from "../../src/model/address.ts";
import type { ServerState } from "../../src/status/servers.ts";
import type { Snapshot } from "../../src/status/snapshot.ts";

/** `-`: no daemon runs. */
export type State = "up" | "down" | "not asked" | "maintenance" | "-";

export interface RealReport {
  /** As the file writes it, and as the table does. */
  readonly real: string;
  readonly row: string;
  readonly endpoint: Endpoint;
  readonly state: State;
  /** What the state is by: the newest check's own words, or the maintenance file. */
  readonly why: string;
  /** The newest check. */
  readonly check?: { readonly at: number; readonly mark: "up" | "failed" | "none" };
}

export interface ServiceReport {
  readonly id: string;
  readonly intervalMs: number;
  readonly fallback?: string;
  readonly reals: readonly RealReport[];
}

/** What is shown of the servers in a daemon's file, in file order. */
export type Report = readonly ServiceReport[];

export function reportOf({ services, maintenanceDir }: Snapshot): Report {
  return services.flatMap(({ id, checkIntervalMs, servers }) => {
    if (checkIntervalMs === undefined) return [];
    const fallback = servers.find(({ role }) => role === "fallback")?.row;
    const reals = servers.filter(({ role }) => role === "real");
    return {
      id,
      intervalMs: checkIntervalMs,
      ...(fallback !== undefined && { fallback }),
      reals: reals.map(
        (real): RealReport => ({
          real: real.server,
          row: real.row,
          endpoint: real.endpoint,
          state: stateOf(real),
          why:
            real.maintenanceFile === undefined
              ? wordsOf(real)
              : `by ${maintenanceDir}/${real.maintenanceFile}`,
          ...checkOf(real),
        }),
      ),
    };
  });
}

function stateOf({ state }: ServerState): State {
  return state === "up" || state === "down" || state === "maintenance" ? state : "not asked";
}

function checkOf({ lastVerdict, lastFault }: ServerState): Pick<RealReport, "check"> {
  if (lastFault !== undefined) return { check: { at: lastFault.at, mark: "none" } };
  if (lastVerdict === undefined) return {};
  return { check: { at: lastVerdict.at, mark: lastVerdict.isUp ? "up" : "failed" } };
}

/** Without the server's own address, which stands beside them. */
function wordsOf({ server, lastVerdict, lastFault }: ServerState): string {
  if (lastFault !== undefined) return `no verdict: ${lastFault.code}`;
  if (lastVerdict === undefined) return "";
  const detail = lastVerdict.detail.replace(` (${server})`, "");
  return lastVerdict.isUp ? detail : `${lastVerdict.reason}: ${detail}`;
}
