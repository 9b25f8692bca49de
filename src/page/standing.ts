import type { ServerState } from "../status/servers.ts";
import type { ServiceState } from "../status/snapshot.ts";

/** Gravest first. */
export const levels = ["nobody", "trouble", "notice", "fine"] as const;
export type Level = (typeof levels)[number];

/** How a virtual service stands, counted. */
export interface ServiceStanding {
  readonly level: Level;
  readonly reals: number;
  readonly up: number;
  readonly down: number;
}

export function standingOf({
  servers,
  usable,
  refused,
  edits,
  isLeaving,
}: ServiceState): ServiceStanding {
  let [reals, up, down, aside] = [0, 0, 0, 0];
  for (const server of servers) {
    if (server.role !== "real") continue;
    reals++;
    if (server.state === "up") up++;
    if (server.state === "down") down++;
    if (isAside(server)) aside++;
  }
  const counts = { reals, up, down };
  if (usable === "none" && !isLeaving) return { level: "nobody", ...counts };
  if (down > 0 || refused.length > 0) return { level: "trouble", ...counts };
  const isQuiet = aside === 0 && edits.length === 0 && !isLeaving;
  return { level: isQuiet ? "fine" : "notice", ...counts };
}

/** Not as it is every day, and nobody's trouble. */
const isAside = ({ state, failures = 0, lastFault }: ServerState): boolean =>
  state !== "up" || failures > 0 || lastFault !== undefined;

/** Whether somebody who looks should see it first. */
export const isNoticed = (server: ServerState): boolean =>
  server.role === "real"
    ? isAside(server) || server.decidedBy === "hand" || server.decidedBy === "order"
    : server.state !== "standby";
