import type { HealthView } from "../health/view.ts";
import type { TableDest, TableService } from "../ipvs/ipvs.ts";
import { type Endpoint, formatEndpoint } from "../model/address.ts";
import type { FallbackServer, RealServer } from "../model/real-server.ts";
import {
  type ServiceKey,
  serviceFamily,
  serviceId,
  type VirtualService,
} from "../model/virtual-service.ts";
import type { ServiceHand } from "./hand.ts";

/** How the server behind a row stands; a change of it is that row's transition. */
export type Standing = "up" | "down" | "unknown" | "maintenance" | "fallback";

/** Which input had the last word on a row, highest first. */
type DecidedBy = "maintenance" | "hand" | "health" | "fallback" | "file";

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

/** Everything beside the file's own block that a virtual service's rows follow from. */
export interface Inputs {
  readonly view: HealthView;
  readonly isReaddQuiescent: boolean;
  readonly hand?: ServiceHand;
}

/** The rows that one virtual service should have. A function of its arguments: nothing is carried along. */
export function desired(virtual: VirtualService, inputs: Inputs): DesiredService {
  const id = serviceId(virtual.key);
  const rows = new Map<string, Candidate>();
  let isFallbackOn = true;

  for (const real of virtual.reals) {
    const standing = standingOf(inputs.view, id, real.endpoint);
    if (standing === "up") isFallbackOn = false;
    const endpoint = tableEndpoint(virtual.key, real);
    const text = formatEndpoint(endpoint);
    const rival = rows.get(text);
    if (rival === undefined || rank[standing] < rank[rival.standing]) {
      rows.set(text, { endpoint, standing, server: real });
    }
  }
  if (isFallbackOn && virtual.fallback !== undefined) {
    const endpoint = tableEndpoint(virtual.key, virtual.fallback);
    const server = { ...virtual.fallback, ...lastResort };
    rows.set(formatEndpoint(endpoint), { endpoint, standing: "fallback", server });
  }

  return {
    service: inputs.hand?.service ?? tableService(virtual),
    dests: [...rows].flatMap(([text, row]) => {
      const wanted = rowFor(row, virtual.isQuiescent);
      return wanted === undefined ? [] : withHand(wanted, text, inputs);
    }),
    isFallbackOn,
  };
}

interface Candidate {
  readonly endpoint: Endpoint;
  readonly standing: Standing;
  readonly server: Pick<
    RealServer,
    "endpoint" | "forwarding" | "weight" | "upperThreshold" | "lowerThreshold"
  >;
}

const lastResort = { weight: 1, upperThreshold: 0, lowerThreshold: 0 } as const;

/** Several `real=` lines may share a row: the best standing has it, and the first line among equals. */
const rank: Record<Standing, number> = { fallback: 0, up: 1, maintenance: 2, down: 2, unknown: 3 };

export function standingOf(view: HealthView, id: string, real: Endpoint): Standing {
  return view.maintenance(id, real) === undefined ? view.health(id, real).phase : "maintenance";
}

function rowFor(row: Candidate, isQuiescent: boolean): DesiredDest | undefined {
  const { endpoint, standing, server } = row;
  const at = (weight: number): TableDest => ({
    endpoint,
    forwarding: server.forwarding,
    weight,
    upperThreshold: server.upperThreshold,
    lowerThreshold: server.lowerThreshold,
  });
  const base = { standing, real: server.endpoint, presence: "required" } as const;
  switch (standing) {
    case "up":
      return { ...base, dest: at(server.weight), decidedBy: "file" };
    case "fallback":
      return { ...base, dest: at(server.weight), decidedBy: "fallback" };
    case "unknown":
      return { ...base, dest: at(0), decidedBy: "health", presence: "tolerated" };
    case "maintenance":
      return isQuiescent ? { ...base, dest: at(0), decidedBy: "maintenance" } : undefined;
    case "down":
      return isQuiescent ? { ...base, dest: at(0), decidedBy: "health" } : undefined;
  }
}

/** The row as another hand left it, where that counts: not against a maintenance file. */
function withHand(row: DesiredDest, text: string, inputs: Inputs): DesiredDest[] {
  const edit = inputs.hand?.rows.get(text);
  if (edit === undefined || row.standing === "maintenance") return [row];
  if (edit.left !== undefined) return [{ ...row, dest: edit.left, decidedBy: "hand" }];
  return row.standing === "down" && !inputs.isReaddQuiescent ? [] : [row];
}

/**
 * Where the kernel keeps a server's row. With gate and ipip the packet is not rewritten, so the port is the
 * virtual service's own, as ipvsadm has it too. A mark has no port; masq may map to any, 0 is "as it came".
 */
export function tableEndpoint(
  key: ServiceKey,
  server: Pick<RealServer | FallbackServer, "endpoint" | "forwarding">,
): Endpoint {
  if (key.kind === "fwmark" || server.forwarding === "masq") return server.endpoint;
  return { address: server.endpoint.address, port: key.endpoint.port };
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
