import type { Health } from "../health/state.ts";
import type { HealthView, Steering } from "../health/view.ts";
import type { TableDest } from "../ipvs/ipvs.ts";
import { type Endpoint, formatEndpoint, sameEndpoint } from "../model/address.ts";
import type { RealServer } from "../model/real-server.ts";
import { serviceId, type VirtualService } from "../model/virtual-service.ts";
import type { ManualEdits } from "./observe/manual-edits.ts";
import {
  type DesiredDest,
  type DesiredService,
  type Standing,
  tableEndpoint,
  tableService,
} from "./rows.ts";

/** Everything beside the file's own block that a virtual service's rows follow from. */
export interface Inputs {
  readonly view: HealthView;
  readonly isReaddQuiescent: boolean;
  readonly edits?: ManualEdits;
  /** What the table has for it now. Without it, nothing. */
  readonly found?: readonly TableDest[];
}

/** The rows that one virtual service should have. A function of its arguments: nothing is carried along. */
export function desired(virtual: VirtualService, inputs: Inputs): DesiredService {
  const id = serviceId(virtual.key);
  const rows = new Map<string, Candidate>();
  let isAnyUp = false;

  for (const real of virtual.reals) {
    const standing = standingOf(inputs.view, id, real.endpoint);
    if (standing === "up") isAnyUp = true;
    const endpoint = tableEndpoint(virtual.key, real);
    const text = formatEndpoint(endpoint);
    const rival = rows.get(text);
    if (rival === undefined || rank[standing] < rank[rival.standing]) {
      const steering = inputs.view.steering(id, real.endpoint);
      rows.set(text, { endpoint, standing, ...steered(real, steering) });
    }
  }
  const { found = [] } = inputs;
  const formers = formerRows(virtual, rows, found);
  const isFallbackOn = formers.size === 0 && (!isAnyUp || isFallbackNeeded(virtual, rows, found));
  if (isFallbackOn && virtual.fallback !== undefined) {
    const endpoint = tableEndpoint(virtual.key, virtual.fallback);
    const server = { ...virtual.fallback, ...lastResort };
    rows.set(formatEndpoint(endpoint), { endpoint, standing: "fallback", server });
  }

  return {
    service: inputs.edits?.service ?? tableService(virtual),
    dests: [
      ...[...rows].flatMap(([text, row]) => {
        if (formers.has(text)) return [];
        const wanted = rowFor(row, virtual.isQuiescent);
        return wanted === undefined ? [] : withEdit(wanted, text, inputs);
      }),
      ...formers.values(),
    ],
    isFallbackOn,
  };
}

/**
 * The rows in use of servers that the file does not name any more, or gives weight 0 by now, as long as they are
 * needed: until one that it gives weight is up, or all have been asked. Where it names some whose address is not
 * known now, any row that nobody else has may be theirs.
 */
function formerRows(
  virtual: VirtualService,
  rows: ReadonlyMap<string, Candidate>,
  found: readonly TableDest[],
): ReadonlyMap<string, DesiredDest> {
  const fallback = virtual.fallback && tableEndpoint(virtual.key, virtual.fallback);
  const inUse = found.filter(({ weight }) => weight > 0);
  const standingAt = ({ endpoint }: TableDest) => rows.get(formatEndpoint(endpoint))?.standing;
  const isFormer = isReplaced(virtual, rows, inUse, standingAt);
  return new Map(
    inUse
      .filter(isFormer)
      .filter(({ endpoint }) => fallback === undefined || !sameEndpoint(endpoint, fallback))
      .map((dest) => [
        formatEndpoint(dest.endpoint),
        {
          dest,
          presence: "tolerated",
          standing: "former",
          decidedBy: "table",
          real: rows.get(formatEndpoint(dest.endpoint))?.server.endpoint ?? dest.endpoint,
        },
      ]),
  );
}

function isReplaced(
  { isIncomplete }: VirtualService,
  rows: ReadonlyMap<string, Candidate>,
  inUse: readonly TableDest[],
  standingAt: (dest: TableDest) => Candidate["standing"] | undefined,
): (dest: TableDest) => boolean {
  const isUnnamed = (dest: TableDest) => standingAt(dest) === undefined;
  const nobody = isIncomplete ? isUnnamed : () => false;
  if (!isFirstAwaited(rows)) return nobody;
  if (inUse.some((dest) => standingAt(dest) === "unknown")) return nobody;
  return (dest) => isUnnamed(dest) || standingAt(dest) === "up";
}

/** No server that the file gives weight is up, and one that was not asked yet may be. */
function isFirstAwaited(rows: ReadonlyMap<string, Candidate>): boolean {
  const all = [...rows.values()];
  const serves = ({ standing, server }: Candidate) => standing === "up" && server.weight > 0;
  return all.some(({ standing }) => standing === "unknown") && !all.some(serves);
}

/** The fallback server has the traffic, and those that are up so far have weight 0. */
function isFallbackNeeded(
  virtual: VirtualService,
  rows: ReadonlyMap<string, Candidate>,
  found: readonly TableDest[],
): boolean {
  const place = virtual.fallback && tableEndpoint(virtual.key, virtual.fallback);
  if (place === undefined || rows.has(formatEndpoint(place)) || !isFirstAwaited(rows)) return false;
  return found.some(({ endpoint, weight }) => weight > 0 && sameEndpoint(endpoint, place));
}

interface Candidate {
  readonly endpoint: Endpoint;
  readonly standing: Exclude<Standing, "former">;
  /** Who gave its server the weight. */
  readonly decidedBy?: "order";
  /** It is drained, and its row is to go. */
  readonly isRemoved?: boolean;
  readonly server: Pick<
    RealServer,
    "endpoint" | "forwarding" | "weight" | "upperThreshold" | "lowerThreshold"
  >;
}

function steered(
  server: RealServer,
  steering: Steering | undefined,
): Pick<Candidate, "server" | "decidedBy" | "isRemoved"> {
  if (steering?.kind === "weight") {
    return { server: { ...server, weight: steering.weight }, decidedBy: "order" };
  }
  return { server, ...(steering?.isRemoved === true && { isRemoved: true }) };
}

const lastResort = { weight: 1, upperThreshold: 0, lowerThreshold: 0 } as const;

/** Several `real=` lines may share a row: the best standing has it, and the first line among equals. */
const rank: Record<Candidate["standing"], number> = {
  fallback: 0,
  up: 1,
  drained: 2,
  maintenance: 3,
  down: 3,
  unknown: 4,
};

export function standingOf(
  view: HealthView,
  id: string,
  real: Endpoint,
): Health["state"] | "maintenance" | "drained" {
  if (view.maintenance(id, real) !== undefined) return "maintenance";
  const { state } = view.health(id, real);
  return state === "up" && view.steering(id, real)?.kind === "drain" ? "drained" : state;
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
  const real = server.endpoint;
  const required = (weight: number, decidedBy: DesiredDest["decidedBy"]): DesiredDest => ({
    standing,
    real,
    presence: "required",
    dest: at(weight),
    decidedBy,
  });
  switch (standing) {
    case "up":
      return required(server.weight, row.decidedBy ?? "file");
    case "drained":
      return row.isRemoved ? undefined : required(0, "drain");
    case "fallback":
      return required(server.weight, "fallback");
    case "unknown":
      return { standing, real, presence: "tolerated", dest: at(0), decidedBy: "health" };
    case "maintenance":
      return isQuiescent ? required(0, "maintenance") : undefined;
    case "down":
      return isQuiescent ? required(0, "health") : undefined;
  }
}

/** The row as another hand left it, where that counts: not against a maintenance file. */
function withEdit(row: DesiredDest, text: string, inputs: Inputs): DesiredDest[] {
  const edit = inputs.edits?.rows.get(text);
  if (edit === undefined || row.standing === "maintenance") return [row];
  if (edit.left !== undefined) return [{ ...row, dest: edit.left, decidedBy: "hand" }];
  return row.standing === "down" && !inputs.isReaddQuiescent ? [] : [row];
}
