import {
  sameDest,
  sameService,
  type TableDest,
  type TableRow,
  type TableService,
} from "../../ipvs/ipvs.ts";
import { type Endpoint, formatEndpoint } from "../../model/address.ts";
import { type DesiredService, rowsByEndpoint } from "../rows.ts";

/** One thing that another hand changed. No `before`: it appeared. No `after`: it vanished. */
export type Drift =
  | { readonly of: "service"; readonly before?: TableService; readonly after?: TableService }
  | {
      readonly of: "dest";
      readonly endpoint: Endpoint;
      readonly before?: TableDest;
      readonly after?: TableDest;
    };

export const isEdit = (drift: Drift): boolean =>
  drift.before !== undefined && drift.after !== undefined;

/**
 * What changed without us between two looks at one service. A difference that ends as we want it is none:
 * it may be a change of our own whose answer was lost.
 * @param wanted undefined: the service should not be there
 */
export function findDrift(
  before: TableRow | undefined,
  after: TableRow | undefined,
  wanted: DesiredService | undefined,
): readonly Drift[] {
  if (before === undefined || after === undefined) {
    if (before === after || (after === undefined) === (wanted === undefined)) return [];
    return [{ of: "service", ...sides(before?.service, after?.service) }];
  }
  const drifts: Drift[] = [];
  const isAsWanted = wanted !== undefined && sameService(after.service, wanted.service);
  if (!sameService(before.service, after.service) && !isAsWanted) {
    drifts.push({ of: "service", ...sides(before.service, after.service) });
  }
  const was = destsByEndpoint(before);
  const is = destsByEndpoint(after);
  const rows = rowsByEndpoint(wanted);
  for (const text of new Set([...was.keys(), ...is.keys()])) {
    const [then, now, row] = [was.get(text), is.get(text), rows.get(text)];
    const endpoint = (then ?? now)?.endpoint;
    if (endpoint === undefined || same(then, now)) continue;
    if (row?.presence === "tolerated" || same(now, row?.dest)) continue;
    drifts.push({ of: "dest", endpoint, ...sides(then, now) });
  }
  return drifts;
}

const same = (a: TableDest | undefined, b: TableDest | undefined): boolean =>
  a === undefined || b === undefined ? a === b : sameDest(a, b);

const sides = <T>(before: T | undefined, after: T | undefined): { before?: T; after?: T } => ({
  ...(before !== undefined && { before }),
  ...(after !== undefined && { after }),
});

const destsByEndpoint = (row: TableRow): ReadonlyMap<string, TableDest> =>
  new Map(row.dests.map((dest) => [formatEndpoint(dest.endpoint), dest]));

/** One row in one line, for the log: `masq weight 5`, `absent`. */
export function describeSide(side: TableService | TableDest | undefined): string {
  if (side === undefined) return "absent";
  if ("scheduler" in side) {
    const persistence =
      side.persistenceSec === undefined ? "" : ` persistent ${side.persistenceSec}`;
    return `scheduler ${side.scheduler}${persistence}`;
  }
  const { upperThreshold: upper, lowerThreshold: lower } = side;
  const thresholds = upper === 0 && lower === 0 ? "" : ` thresholds ${lower}..${upper}`;
  return `${side.forwarding} weight ${side.weight}${thresholds}`;
}
