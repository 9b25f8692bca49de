import type { DestCounters } from "../ipvs/counters.ts";
import type { ServerState } from "../status/servers.ts";
import type { Metric } from "./metric.ts";

/** One real server of one virtual service. */
export interface ServerSource {
  readonly server: ServerState;
  /** How often a check took it out. */
  readonly failures: number;
}

/** One row of the kernel's table. */
export type RowSource = DestCounters;

export const serverMetrics: readonly Metric<ServerSource>[] = [
  {
    name: "ldirectord_server_up",
    type: "gauge",
    help: "1 when its checks say so, 0 when they do not; absent while it is not asked.",
    of: ({ server: { state } }) => {
      if (state === "unknown" || state === "maintenance") return undefined;
      return Number(state !== "down");
    },
  },
  {
    name: "ldirectord_server_state",
    type: "gauge",
    help: "1, with its state, its row, and of one that is down why.",
    labels: ["row", "state", "reason"],
    of: ({ server: { row, state, lastVerdict } }) => [
      [[row, state, (state === "down" && lastVerdict?.reason) || ""], 1],
    ],
  },
  {
    name: "ldirectord_server_weight",
    type: "gauge",
    help: "Its weight in the table; absent while it has no row.",
    of: ({ server }) => server.weight,
  },
  {
    name: "ldirectord_server_failures_total",
    type: "counter",
    help: "How often a check took it out.",
    of: ({ failures }) => failures,
  },
  {
    name: "ldirectord_server_check_seconds",
    type: "gauge",
    help: "How long its newest check took that had a verdict.",
    of: ({ server: { lastVerdict } }) => lastVerdict && lastVerdict.durationMs / 1000,
  },
];

export const rowMetrics: readonly Metric<RowSource>[] = [
  {
    name: "ldirectord_row_connections",
    type: "gauge",
    help: "Connections now, as ipvsadm -Ln has them.",
    labels: ["state"],
    of: ({ activeConns, inactiveConns }) => [
      [["active"], activeConns],
      [["inactive"], inactiveConns],
    ],
  },
  {
    name: "ldirectord_row_connections_total",
    type: "counter",
    help: "Connections that IPVS has scheduled to it, as ipvsadm -Ln --stats has them.",
    of: ({ traffic }) => traffic.conns,
  },
  {
    name: "ldirectord_row_packets_total",
    type: "counter",
    help: "Packets that IPVS has seen of it.",
    labels: ["direction"],
    of: ({ traffic }) => [
      [["in"], traffic.packetsIn],
      [["out"], traffic.packetsOut],
    ],
  },
  {
    name: "ldirectord_row_bytes_total",
    type: "counter",
    help: "The bytes of these packets.",
    labels: ["direction"],
    of: ({ traffic }) => [
      [["in"], traffic.bytesIn],
      [["out"], traffic.bytesOut],
    ],
  },
];
