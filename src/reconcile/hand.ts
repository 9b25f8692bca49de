import { sameDest, sameService, type TableDest, type TableService } from "../ipvs/ipvs.ts";
import { formatEndpoint } from "../model/address.ts";
import { type DesiredDest, type DesiredService, rowsByEndpoint, type Standing } from "./desired.ts";
import type { Drift } from "./drift.ts";

/**
 * What another hand (ipvsadm) did to one virtual service, as far as it is respected. An edit lasts until
 * its server's next transition, or a reload.
 */
export interface ServiceHand {
  readonly service?: TableService;
  /** By the kernel's endpoint, as `formatEndpoint` writes it. */
  readonly rows: ReadonlyMap<string, HandEdit>;
}

export interface HandEdit {
  /** undefined: the row was removed. */
  readonly left: TableDest | undefined;
  /** How its server stood then. */
  readonly standing: Standing;
}

/** Which kinds of edit count: `removals` while our own last change is in doubt, `none` after a reload. */
export type Respect = "all" | "removals" | "none";

/** `hand` with what was just found. @param wanted the rows as we last meant them to be */
export function noteDrift(
  hand: ServiceHand | undefined,
  drifts: readonly Drift[],
  wanted: DesiredService,
  respect: Respect,
): ServiceHand {
  const rows = new Map(hand?.rows);
  const wantedRows = rowsByEndpoint(wanted);
  let service = hand?.service;
  for (const drift of drifts) {
    if (drift.of === "service") {
      if (respect === "all" && drift.before !== undefined) service = drift.after ?? service;
      continue;
    }
    const text = formatEndpoint(drift.endpoint);
    const row = wantedRows.get(text);
    if (row === undefined) rows.delete(text);
    else if (isRespected(drift, row, respect)) {
      rows.set(text, { left: drift.after, standing: row.standing });
    }
  }
  return { ...(service !== undefined && { service }), rows };
}

/** A removed row counts only for a quiesced server; a row that appeared never does. */
function isRespected(drift: Drift & { of: "dest" }, row: DesiredDest, respect: Respect): boolean {
  if (drift.after === undefined) return respect !== "none" && row.standing === "down";
  return respect === "all" && drift.before !== undefined;
}

/**
 * The edits that still count. @param plain the rows wanted were there no hand
 * @returns undefined when none is left
 */
export function stillCounting(
  hand: ServiceHand | undefined,
  plain: DesiredService,
): ServiceHand | undefined {
  if (hand === undefined) return undefined;
  const plainRows = rowsByEndpoint(plain);
  const rows = new Map(
    [...hand.rows].filter(([text, { left, standing }]) => {
      const row = plainRows.get(text);
      if (row === undefined || row.standing !== standing || standing === "maintenance")
        return false;
      return left === undefined || !sameDest(left, row.dest);
    }),
  );
  const service =
    hand.service && !sameService(hand.service, plain.service) ? hand.service : undefined;
  if (rows.size === 0 && service === undefined) return undefined;
  return { ...(service !== undefined && { service }), rows };
}
