import type { ServerState } from "../status/servers.ts";
import type { Snapshot } from "../status/snapshot.ts";
import { whyOf } from "../status/why.ts";

/** How a server stood, from then on. */
export interface Run {
  /** Epoch milliseconds. */
  readonly from: number;
  readonly state: ServerState["state"];
  readonly why: string;
}

export const keptMs = 60 * 60_000;
/** Of one that flaps, the oldest are forgotten. */
const maxRunsEach = 60;
const maxWhyChars = 160;

/**
 * The last hour of each real server: its states as runs, so that one that stays as it is costs one. It goes by what
 * snapshots say; what came and went between two of them is not in it.
 */
export class StateHistory {
  #runs = new Map<string, Run[]>();

  /** @param snapshot a later one than that before */
  note({ at, services }: Pick<Snapshot, "at" | "services">): void {
    const seen = new Map<string, Run[]>();
    for (const { id, servers } of services) {
      for (const server of servers) {
        if (server.role !== "real") continue;
        const key = keyOf(id, server.server);
        const before = this.#runs.get(key) ?? [];
        seen.set(key, grown(before, server, at));
      }
    }
    // Of one that the file does not name any more nobody asks.
    this.#runs = seen;
  }

  /** Oldest first; the first one may have begun before the hour. */
  of(serviceId: string, server: string): readonly Run[] {
    return this.#runs.get(keyOf(serviceId, server)) ?? [];
  }
}

const keyOf = (serviceId: string, server: string): string => `${serviceId} ${server}`;

function grown(runs: Run[], server: ServerState, at: number): Run[] {
  const { state, since = at } = server;
  const last = runs.at(-1);
  const why = whyOf(server).slice(0, maxWhyChars);
  if (last === undefined || last.state !== state) {
    // A drain leaves the time from which on it is up.
    const isNews = since <= at && (last === undefined || since > last.from);
    runs.push({ from: isNews ? since : at, state, why });
  } else if (last.why === "" && why !== "" && state === "down") {
    runs[runs.length - 1] = { ...last, why };
  }
  const isOver = (next: Run | undefined) => next !== undefined && next.from <= at - keptMs;
  while (runs.length > maxRunsEach || isOver(runs[1])) runs.shift();
  return runs;
}
