import type { TableDest, TableService } from "../ipvs/ipvs.ts";
import { type Endpoint, formatEndpoint } from "../model/address.ts";
import type { FallbackServer, RealServer } from "../model/real-server.ts";
import { type ServiceKey, serviceFamily, type VirtualService } from "../model/virtual-service.ts";

/**
 * How the server behind a row stands; a change of it is that row's transition. `former`: the file does not name it
 * any more, or gives it weight 0 by now, and it serves until another can. `drained`: up, and an operator wants it out.
 */
export type Standing =
  | "up"
  | "drained"
  | "down"
  | "unknown"
  | "maintenance"
  | "fallback"
  | "former";

/** Which input had the last word on a row, highest first. */
export type DecidedBy =
  | "maintenance"
  | "hand"
  | "health"
  | "fallback"
  | "drain"
  | "order"
  | "file"
  | "table";

export interface DesiredDest {
  readonly dest: TableDest;
  /** `tolerated`: left as it is found, never added; `dest` then says what an empty place would hold. */
  readonly presence: "required" | "tolerated";
  readonly standing: Standing;
  readonly decidedBy: DecidedBy;
  /** As the file writes it; `dest.endpoint` is the kernel's. */
  readonly real: Endpoint;
}

export interface DesiredService {
  readonly service: TableService;
  readonly dests: readonly DesiredDest[];
  /** No real server is up: the fallback server, where there is one, has the traffic. */
  readonly isFallbackOn: boolean;
}

/** By the kernel's endpoint, as `formatEndpoint` writes it. */
export const rowsByEndpoint = (
  wanted: DesiredService | undefined,
): ReadonlyMap<string, DesiredDest> =>
  new Map(wanted?.dests.map((row) => [formatEndpoint(row.dest.endpoint), row]));

/**
 * Where the kernel keeps a server's row. With gate and ipip the packet is not rewritten, so the port is the
 * virtual service's own, as ipvsadm has it too. A mark has no port; masq may map to any, 0 is "as it came".
 */
export function tableEndpoint(
  key: ServiceKey,
  server: Pick<RealServer | FallbackServer, "endpoint" | "forwarding">,
): Endpoint {
  if (key.kind === "fwmark" || server.forwarding === "masq") return server.endpoint;
  const { endpoint } = server;
  const { port } = key.endpoint;
  return endpoint.port === port ? endpoint : { address: endpoint.address, port };
}

export function tableService(virtual: VirtualService): TableService {
  const { key, scheduler, schedulerFlags, isOnePacket, persistence } = virtual;
  const oneClient = serviceFamily(key) === 6 ? 128 : 0xffffffff;
  return {
    key,
    scheduler,
    schedulerFlags,
    isOnePacket,
    netmask: persistence?.netmask ?? oneClient,
    ...(persistence !== undefined && { persistenceSec: persistence.timeoutSec }),
  };
}
