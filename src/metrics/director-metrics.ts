import type { DownReason } from "../../checks/check.ts";
import type { Snapshot } from "../status/snapshot.ts";
import type { Metric } from "./metric.ts";

/** This director as a whole. */
export interface DirectorSource {
  readonly snapshot: Snapshot;
  readonly versions: { readonly ldirectord: string; readonly node: string };
  /** Whether real servers have metrics of their own. */
  readonly isDetailed: boolean;
  /** Whether the kernel has told what it counts. */
  readonly isCounted: boolean;
  /** What waits to be sent, by its queue. */
  readonly queues: Readonly<Record<string, number>>;
}

const reasons: Readonly<Record<DownReason, true>> = {
  refused: true,
  unreachable: true,
  timeout: true,
  closed: true,
  tls: true,
  protocol: true,
  auth: true,
  status: true,
  mismatch: true,
  internal: true,
};
const downReasons = Object.keys(reasons) as readonly DownReason[];

const orderKinds = ["drain", "maintenance", "weight"] as const;

export const directorMetrics: readonly Metric<DirectorSource>[] = [
  {
    name: "ldirectord_build_info",
    type: "gauge",
    help: "1, with the version of ldirectord-ng and of Node.js.",
    labels: ["version", "node"],
    of: ({ versions: { ldirectord, node } }) => [[[ldirectord, node], 1]],
  },
  {
    name: "ldirectord_ready",
    type: "gauge",
    help: "1 when every real server has been asked once since the start or the newest reload, and the table shows it.",
    of: ({ snapshot }) => Number(snapshot.phase === "running"),
  },
  {
    name: "ldirectord_services",
    type: "gauge",
    help: "Virtual services, those that are on their way out of the table included.",
    of: ({ snapshot }) => snapshot.services.length,
  },
  {
    name: "ldirectord_servers_down",
    type: "gauge",
    help: "Real servers that are down, by what their newest check said; each once for each virtual service.",
    labels: ["reason"],
    of: ({ snapshot }) => downBy(snapshot),
  },
  {
    name: "ldirectord_server_detail",
    type: "gauge",
    help: "1 when real servers have metrics of their own; 0 when servers = no, or there are more than max-servers.",
    of: ({ isDetailed }) => Number(isDetailed),
  },
  {
    name: "ldirectord_kernel_readable",
    type: "gauge",
    help: "1 when IPVS tells what it counts.",
    of: ({ isCounted }) => Number(isCounted),
  },
  {
    name: "ldirectord_orders",
    type: "gauge",
    help: "Orders of operators that hold: see ldirectorctl drain, maintenance and weight.",
    labels: ["kind"],
    of: ({ snapshot: { orders } }) =>
      orderKinds.map((kind) => [[kind], orders.filter((order) => order.kind === kind).length]),
  },
  {
    name: "ldirectord_local_faults",
    type: "gauge",
    help: "Kinds of trouble of this machine's own that go on: no descriptors, a link that is down.",
    of: ({ snapshot }) => snapshot.localFaults.length,
  },
  {
    name: "ldirectord_checks",
    type: "gauge",
    help: "Checks that are made again and again; virtual services that ask the same share one.",
    of: ({ snapshot }) => snapshot.statistics.probes,
  },
  {
    name: "ldirectord_check_threads",
    type: "gauge",
    help: "Threads that check beside the main one.",
    of: ({ snapshot }) => snapshot.statistics.threads,
  },
  {
    name: "ldirectord_checks_under_way",
    type: "gauge",
    help: "Checks that wait for their server.",
    of: ({ snapshot }) => snapshot.statistics.underWay,
  },
  {
    name: "ldirectord_checks_waiting",
    type: "gauge",
    help: "Checks that are due, and wait for others to end.",
    of: ({ snapshot }) => snapshot.statistics.waiting,
  },
  {
    name: "ldirectord_checks_held",
    type: "gauge",
    help: "Checks that trouble of this machine's own leaves without a verdict.",
    of: ({ snapshot }) => snapshot.statistics.held,
  },
  {
    name: "ldirectord_checks_late_ratio",
    type: "gauge",
    help: "Share of the checks of the last 10 s that began more than half their interval late; above 0.1 the schedule is not kept.",
    of: ({ snapshot }) => {
      const { started, late } = snapshot.statistics.punctuality;
      return started === 0 ? 0 : late / started;
    },
  },
  {
    name: "ldirectord_checks_late_worst_seconds",
    type: "gauge",
    help: "How late the latest of them began.",
    of: ({ snapshot }) => snapshot.statistics.punctuality.worstMs / 1000,
  },
  {
    name: "ldirectord_check_outcomes_total",
    type: "counter",
    help: "What checks came to: a verdict on the server; without one: local_fault, cut_short by a reload or maintenance, abandoned, or skipped because the one before took too long.",
    labels: ["outcome"],
    of: ({ snapshot: { statistics } }) => [
      [["verdict"], statistics.verdicts],
      [["local_fault"], statistics.localFaults],
      [["cut_short"], statistics.cutShort],
      [["abandoned"], statistics.abandoned],
      [["skipped"], statistics.skipped],
    ],
  },
  {
    name: "ldirectord_reload_worked",
    type: "gauge",
    help: "0 when the newest reload was refused, so that other than the file on disk runs; 1 when it worked, or there was none.",
    of: ({ snapshot }) => Number(snapshot.reload?.worked ?? true),
  },
  {
    name: "ldirectord_reload_timestamp_seconds",
    type: "gauge",
    help: "When the newest reload was.",
    of: ({ snapshot }) => snapshot.reload && snapshot.reload.at / 1000,
  },
  {
    name: "ldirectord_reload_problems",
    type: "gauge",
    help: "What was wrong with the newest reload.",
    of: ({ snapshot }) => snapshot.reload?.problems.length ?? 0,
  },
  {
    name: "ldirectord_queue_waiting",
    type: "gauge",
    help: "What waits to be sent.",
    labels: ["queue"],
    of: ({ queues }) => Object.entries(queues).map(([queue, waiting]) => [[queue], waiting]),
  },
];

function downBy({ services }: Snapshot): readonly (readonly [readonly string[], number])[] {
  const counts = new Map<string, number>(downReasons.map((reason) => [reason, 0]));
  for (const { servers } of services) {
    for (const { state, lastVerdict } of servers) {
      if (state !== "down" || lastVerdict?.reason === undefined) continue;
      counts.set(lastVerdict.reason, (counts.get(lastVerdict.reason) ?? 0) + 1);
    }
  }
  return [...counts].map(([reason, count]) => [[reason], count]);
}
