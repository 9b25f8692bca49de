import type { Endpoint } from "./address.ts";
import type { Place } from "./place.ts";

/** gate: direct routing; masq: NAT; ipip: tunnel. linux/ip_vs.h IP_VS_CONN_F_DROUTE, _MASQ, _TUNNEL. */
export type ForwardingMethod = "gate" | "masq" | "ipip";

/** One `real=` line, a range already spread out. */
export interface RealServer {
  /** As written: port 0 when the line names none. The kernel's port may differ (see reconcile/desired). */
  readonly endpoint: Endpoint;
  readonly forwarding: ForwardingMethod;
  /** 0..65535 */
  readonly weight: number;
  /** Connections; 0 is no limit. */
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
  /** The line's own request and receive, which win over the virtual service's. */
  readonly request?: string;
  readonly receive?: string;
  /** 1-based line of the file. */
  readonly line: number;
  /** Where the line's own `request` and `receive` stand, by name. */
  readonly places?: ReadonlyMap<string, Place>;
}

/** The server of last resort: in the table, with weight 1, only while no real server is up. */
export interface FallbackServer {
  readonly endpoint: Endpoint;
  readonly forwarding: ForwardingMethod;
}
