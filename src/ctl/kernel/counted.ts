import type { DestCounters, Traffic } from "../../ipvs/counters.ts";
import type { Snapshot } from "../../status/snapshot.ts";
import { groupedBy } from "./grouped-by.ts";

/** What is counted of a row: a virtual service's is that of all its real servers. */
export interface Counts
  extends Pick<DestCounters, "activeConns" | "inactiveConns" | "persistentConns"> {
  readonly traffic: Traffic;
}

interface CountedServer extends Counts {
  /** As the file writes it, several where they share the row; of a row of nobody in the file, as the table does. */
  readonly server: string;
  /** As the table writes it. */
  readonly row: string;
}

export interface CountedService extends Counts {
  /** `tcp:10.0.0.1:80` */
  readonly id: string;
  /** `10.0.0.1:80` */
  readonly name: string;
  readonly isInFile: boolean;
  readonly servers: readonly CountedServer[];
}

/** What GET /v1/counters answers. */
export interface CountersAnswer {
  readonly services: readonly {
    readonly id: string;
    readonly name: string;
    readonly traffic: Traffic;
    readonly servers: readonly (Counts & { readonly row: string })[];
  }[];
}

/** The kernel's rows under the names of the file. */
export function counted(
  { services }: CountersAnswer,
  snapshot: Pick<Snapshot, "services">,
): readonly CountedService[] {
  const known = new Map(snapshot.services.map((service) => [service.id, service]));
  return services.map(({ id, name, traffic, servers }) => {
    const inFile = known.get(id);
    const names = groupedBy(inFile?.servers ?? [], ({ row }) => row);
    const sum = (field: keyof Omit<Counts, "traffic">): number =>
      servers.reduce((all, server) => all + server[field], 0);
    return {
      id,
      name,
      isInFile: inFile !== undefined && !inFile.isLeaving,
      activeConns: sum("activeConns"),
      inactiveConns: sum("inactiveConns"),
      persistentConns: sum("persistentConns"),
      traffic,
      servers: servers.map((counts) => {
        const { row } = counts;
        const written = new Set(names.get(row)?.map(({ server }) => server) ?? [row]);
        return { server: [...written].join(", "), ...counts };
      }),
    };
  });
}

/** Of a virtual service all, of a real server its rows in all of them. */
export function only(
  services: readonly CountedService[],
  word: string | undefined,
): readonly CountedService[] {
  if (word === undefined) return services;
  const named = services.filter(({ id, name }) => id === word || name === word);
  if (named.length > 0) return named;
  return services.flatMap((service) => {
    const servers = service.servers.filter(({ server, row }) =>
      [...server.split(", "), row].some((name) => name === word || hostOf(name) === word),
    );
    return servers.length === 0 ? [] : [{ ...service, servers }];
  });
}

/** Without its port, and without brackets. */
const hostOf = (endpoint: string): string =>
  endpoint.slice(0, endpoint.lastIndexOf(":")).replace(/^\[|\]$/g, "");

/** What can be shown of a row, and sorted by. */
export interface Measure {
  /** The word behind --sort; the column's title in capitals. */
  readonly word: string;
  readonly of: (counts: Counts) => number;
}

const traffic = (word: string, field: keyof Traffic): Measure => ({
  word,
  of: (counts) => counts.traffic[field],
});
const active: Measure = { word: "active", of: ({ activeConns }) => activeConns };

/** Since the rows were added. */
export const totals: readonly Measure[] = [
  active,
  { word: "inact", of: ({ inactiveConns }) => inactiveConns },
  { word: "pers", of: ({ persistentConns }) => persistentConns },
  traffic("conns", "conns"),
  traffic("pk-in", "packetsIn"),
  traffic("pk-out", "packetsOut"),
  traffic("by-in", "bytesIn"),
  traffic("by-out", "bytesOut"),
];

/** A second. */
export const rates: readonly Measure[] = [
  active,
  traffic("conns", "connsPerSec"),
  traffic("pk-in", "packetsInPerSec"),
  traffic("pk-out", "packetsOutPerSec"),
  traffic("by-in", "bytesInPerSec"),
  traffic("by-out", "bytesOutPerSec"),
];

/** By name without a measure, else the most first: services, and the servers of each. */
export function sorted(
  services: readonly CountedService[],
  measure: Measure | undefined,
): readonly CountedService[] {
  return services
    .map((service) => ({
      ...service,
      servers: service.servers.toSorted(order(measure, ({ server }) => server)),
    }))
    .sort(order(measure, ({ name, id }) => `${name} ${id}`));
}

const collator = new Intl.Collator("en", { numeric: true });

function order<C extends Counts>(measure: Measure | undefined, name: (counts: C) => string) {
  return (a: C, b: C): number => {
    const difference = measure === undefined ? 0 : measure.of(b) - measure.of(a);
    return difference || collator.compare(name(a), name(b));
  };
}
