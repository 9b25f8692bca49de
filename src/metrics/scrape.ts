import type { Steps } from "../config/turns.ts";
import type { DestCounters, ServiceCounters } from "../ipvs/counters.ts";
import { formatEndpoint } from "../model/address.ts";
import { serviceId } from "../model/virtual-service.ts";
import type { ServiceState, Snapshot } from "../status/snapshot.ts";
import type { ServiceHealth } from "../word/health-word.ts";
import { type DirectorSource, directorMetrics } from "./director-metrics.ts";
import { exposed, labelText, type Source } from "./metric.ts";
import { rowMetrics, type ServerSource, serverMetrics } from "./server-metrics.ts";
import { type ServiceSource, serviceMetrics } from "./service-metrics.ts";
import type { ServiceTally } from "./tally.ts";

/** All that is known at one moment. */
export interface Seen {
  readonly snapshot: Snapshot;
  readonly health: readonly ServiceHealth[];
  /** undefined: the kernel does not tell. */
  readonly counters: readonly ServiceCounters[] | undefined;
  readonly tally: { of(serviceId: string): ServiceTally };
  readonly isDetailed: boolean;
  readonly versions: DirectorSource["versions"];
  readonly queues: DirectorSource["queues"];
}

const serverLabels = ["service", "server"];
const rowLabels = ["service", "row"];

/** What is asked for when somebody wants to see it, in Prometheus' text format. */
export function* scraping(seen: Seen): Steps<readonly Uint8Array[]> {
  const { snapshot, isDetailed, counters } = seen;
  const pieces: Uint8Array[] = [];
  const push = (text: string) => pieces.push(Buffer.from(text));
  const director: DirectorSource = { ...seen, isCounted: counters !== undefined };
  yield* exposed(directorMetrics, [["", director]], push);

  const counted = new Map(counters?.map((each) => [serviceId(each.key), each]));
  const words = new Map(seen.health.map((each) => [each.id, each]));
  const services: Source<ServiceSource>[] = [];
  const servers: Source<ServerSource>[] = [];
  const rows: Source<DestCounters>[] = [];
  for (const state of snapshot.services) {
    const { id } = state;
    const tally = seen.tally.of(id);
    const health = words.get(id);
    const kernel = counted.get(id);
    services.push([
      labelText(["service"], [id]),
      { state, health, tally, traffic: kernel?.traffic },
    ]);
    yield;
    if (!isDetailed) continue;
    yield* serversOf(state, tally, servers);
    for (const row of kernel?.dests ?? []) {
      rows.push([labelText(rowLabels, [id, formatEndpoint(row.endpoint)]), row]);
      if (rows.length % 100 === 0) yield;
    }
  }
  yield* exposed(serviceMetrics, services, push);
  if (!isDetailed) return pieces;
  yield* exposed(serverMetrics, servers, push);
  yield* exposed(rowMetrics, rows, push);
  return pieces;
}

/** The real servers of the file, each once: nothing may have two values. */
function* serversOf(
  { id, servers }: ServiceState,
  { failuresOf }: ServiceTally,
  into: Source<ServerSource>[],
): Steps<void> {
  const isThere = new Set<string>();
  for (const server of servers) {
    const { server: name, role } = server;
    if (role !== "real" || isThere.has(name)) continue;
    isThere.add(name);
    const failures = failuresOf.get(name) ?? 0;
    into.push([labelText(serverLabels, [id, name]), { server, failures }]);
    if (into.length % 100 === 0) yield;
  }
}
