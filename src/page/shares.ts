import type { ServiceCounters } from "../ipvs/counters.ts";
import { formatEndpoint } from "../model/address.ts";
import { serviceId } from "../model/virtual-service.ts";

/** What the kernel has counted of a row. */
export interface RowShare {
  /** Connections that stand now. */
  readonly active: number;
  /** Whole percent of all connections of its virtual service so far. */
  readonly percent: number;
}

/** By the id of the virtual service, then by the row as the table writes it. */
export type Shares = ReadonlyMap<string, ReadonlyMap<string, RowShare>>;

export function sharesOf(counters: readonly ServiceCounters[]): Shares {
  return new Map(
    counters.map(({ key, dests }) => {
      const all = dests.reduce((sum, { traffic }) => sum + traffic.conns, 0);
      const rows = dests.map(({ endpoint, activeConns, traffic }) => {
        const percent = all === 0 ? 0 : Math.round((100 * traffic.conns) / all);
        return [formatEndpoint(endpoint), { active: activeConns, percent }] as const;
      });
      return [serviceId(key), new Map(rows)];
    }),
  );
}
