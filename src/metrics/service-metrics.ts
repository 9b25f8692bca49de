import type { Traffic } from "../ipvs/counters.ts";
import type { ServerState } from "../status/servers.ts";
import type { ServiceState } from "../status/snapshot.ts";
import type { ServiceHealth } from "../word/health-word.ts";
import type { Metric } from "./metric.ts";
import type { ServiceTally } from "./tally.ts";

/** One virtual service. */
export interface ServiceSource {
  readonly state: ServiceState;
  /** Absent of one that is leaving. */
  readonly health: ServiceHealth | undefined;
  readonly tally: ServiceTally;
  /** As the kernel has counted; undefined when it does not tell, or has no such row. */
  readonly traffic: Traffic | undefined;
}

const serverStates = ["up", "drained", "down", "unknown", "maintenance"] as const;

const countOf = (servers: readonly ServerState[], state: ServerState["state"]): number =>
  servers.filter((server) => server.state === state).length;

export const serviceMetrics: readonly Metric<ServiceSource>[] = [
  {
    name: "ldirectord_service_usable",
    type: "gauge",
    help: "1 when a real server of it can be used, 0 when none can; absent until that is known.",
    of: ({ health }) =>
      health === undefined || health.word === "unknown" ? undefined : Number(health.up > 0),
  },
  {
    name: "ldirectord_service_servers",
    type: "gauge",
    help: "Its real servers, by their state. drained: up, and out by an order.",
    labels: ["state"],
    of: ({ state: { servers } }) => serverStates.map((state) => [[state], countOf(servers, state)]),
  },
  {
    name: "ldirectord_service_servers_usable",
    type: "gauge",
    help: "Real servers that clients can use: up, and in the table with a weight above 0.",
    of: ({ health }) => health?.up,
  },
  {
    name: "ldirectord_service_active",
    type: "gauge",
    help: "1 when clients come to this director, 0 on a spare; always 1 without [role].",
    of: ({ state }) => Number(state.role !== "spare"),
  },
  {
    name: "ldirectord_service_in_table",
    type: "gauge",
    help: "1 when IPVS has it.",
    of: ({ state }) => Number(state.isInTable),
  },
  {
    name: "ldirectord_service_fallback_active",
    type: "gauge",
    help: "1 while its fallback server serves.",
    of: ({ state }) => Number(state.isFallbackOn),
  },
  {
    name: "ldirectord_service_refused_changes",
    type: "gauge",
    help: "Changes of its rows that IPVS refuses just now.",
    of: ({ state }) => state.refused.length,
  },
  {
    name: "ldirectord_service_hand_edits",
    type: "gauge",
    help: "Edits of another hand (ipvsadm) that are left as they are.",
    of: ({ state }) => state.edits.length,
  },
  {
    name: "ldirectord_service_unnamed_rows",
    type: "gauge",
    help: "Rows of it that the file does not name.",
    of: ({ state }) => state.servers.filter(({ role }) => role === "unnamed").length,
  },
  {
    name: "ldirectord_service_drift_total",
    type: "counter",
    help: "How often its rows were found other than we had left them.",
    of: ({ tally }) => tally.drift,
  },
  {
    name: "ldirectord_service_transitions_total",
    type: "counter",
    help: "How often it lost its last real server that could be used (down), and had one again (up).",
    labels: ["to"],
    of: ({ tally }) => [
      [["down"], tally.down],
      [["up"], tally.up],
    ],
  },
  {
    name: "ldirectord_service_failures_total",
    type: "counter",
    help: "How often a check took a real server of it out.",
    of: ({ tally }) => tally.failures,
  },
  {
    name: "ldirectord_service_soft_failures_total",
    type: "counter",
    help: "Verdicts without effect: failed checks of a real server that stays in, because of failurecount.",
    of: ({ tally }) => tally.softFailures,
  },
  {
    name: "ldirectord_service_connections_total",
    type: "counter",
    help: "Connections that IPVS has scheduled for it.",
    of: ({ traffic }) => traffic?.conns,
  },
  {
    name: "ldirectord_service_packets_total",
    type: "counter",
    help: "Packets of it that IPVS has seen. out: what real servers answer past this director is not among them.",
    labels: ["direction"],
    of: ({ traffic }) => traffic && both(traffic.packetsIn, traffic.packetsOut),
  },
  {
    name: "ldirectord_service_bytes_total",
    type: "counter",
    help: "The bytes of these packets.",
    labels: ["direction"],
    of: ({ traffic }) => traffic && both(traffic.bytesIn, traffic.bytesOut),
  },
];

const both = (to: number, from: number) =>
  [
    [["in"], to],
    [["out"], from],
  ] as const;
