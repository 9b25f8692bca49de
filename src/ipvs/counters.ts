import type { Endpoint } from "../model/address.ts";
import type { ServiceKey } from "../model/virtual-service.ts";
import { statsAttribute } from "./constants.ts";

/**
 * What the kernel has counted of a row since it was added, or since somebody set it to zero (`ipvsadm -Z`); and its
 * rates, each an average of some seconds. `in` is towards the real servers; what a real server answers past the
 * director is in no `out`. Rounded above 2^53.
 * @see linux/ip_vs.h IPVS_STATS_ATTR_*
 */
export type Traffic = Readonly<Record<keyof typeof statsAttribute, number>>;

export interface DestCounters {
  readonly endpoint: Endpoint;
  /** Connections now: those that stand, and those that have not begun or have ended. */
  readonly activeConns: number;
  readonly inactiveConns: number;
  /** Clients that come back to it. */
  readonly persistentConns: number;
  readonly traffic: Traffic;
}

export interface ServiceCounters {
  readonly key: ServiceKey;
  readonly traffic: Traffic;
  readonly dests: readonly DestCounters[];
}

export const trafficNames = Object.keys(statsAttribute) as (keyof Traffic)[];

/** What is counted of nothing. */
export const noTraffic = Object.fromEntries(trafficNames.map((name) => [name, 0])) as Traffic;
