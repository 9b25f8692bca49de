import { sameDest, sameService, type TableDest, type TableService } from "../../ipvs/ipvs.ts";
import { formatEndpoint } from "../../model/address.ts";
import type { VirtualService } from "../../model/virtual-service.ts";
import {
  type DesiredDest,
  type DesiredService,
  rowsByEndpoint,
  type Standing,
  tableEndpoint,
  tableService,
} from "../rows.ts";
import type { Drift } from "./drift.ts";

/**
 * What another hand (ipvsadm) did to one virtual service, as far as it is respected. An edit lasts until its
 * server's next transition, or until a reload changes what the file says of that row.
 */
export interface ManualEdits {
  readonly service?: TableService;
  /** By the kernel's endpoint, as `formatEndpoint` writes it. */
  readonly rows: ReadonlyMap<string, ManualEdit>;
}

export interface ManualEdit {
  /** undefined: the row was removed. */
  readonly left: TableDest | undefined;
  /** How its server stood then. */
  readonly standing: Standing;
}

/** Which kinds of edit count: only `removals` while our own last change is in doubt. */
export type EditPolicy = "all" | "removals";

/** `edits` with what was just found. @param wanted the rows as we last meant them to be */
export function noteDrift(
  edits: ManualEdits | undefined,
  drifts: readonly Drift[],
  wanted: DesiredService,
  respect: EditPolicy,
): ManualEdits {
  const rows = new Map(edits?.rows);
  const wantedRows = rowsByEndpoint(wanted);
  let service = edits?.service;
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
function isRespected(
  drift: Drift & { of: "dest" },
  row: DesiredDest,
  respect: EditPolicy,
): boolean {
  if (drift.after === undefined) return row.standing === "down";
  return respect === "all" && drift.before !== undefined;
}

/**
 * The edits that still count. @param plain the rows wanted were there no hand
 * @returns undefined when none is left
 */
export function stillCounting(
  edits: ManualEdits | undefined,
  plain: DesiredService,
): ManualEdits | undefined {
  if (edits === undefined) return undefined;
  const plainRows = rowsByEndpoint(plain);
  const rows = new Map(
    [...edits.rows].filter(([text, { left, standing }]) => {
      const row = plainRows.get(text);
      if (row === undefined || row.standing !== standing || standing === "maintenance")
        return false;
      return left === undefined || !sameDest(left, row.dest);
    }),
  );
  const service =
    edits.service && !sameService(edits.service, plain.service) ? edits.service : undefined;
  if (rows.size === 0 && service === undefined) return undefined;
  return { ...(service !== undefined && { service }), rows };
}

/** The edits of all other rows. */
export function withoutRows(
  edits: ManualEdits | undefined,
  texts: ReadonlySet<string>,
): ManualEdits | undefined {
  return edits && { ...edits, rows: new Map([...edits.rows].filter(([text]) => !texts.has(text))) };
}

/** The edits that outlast a reload: of what the file says the same of as before. */
export function afterReload(
  edits: ManualEdits | undefined,
  before: VirtualService | undefined,
  after: VirtualService,
): ManualEdits | undefined {
  if (edits === undefined || before === undefined) return undefined;
  const [was, is] = [linesByRow(before), linesByRow(after)];
  const rows = new Map([...edits.rows].filter(([text]) => is.get(text) === was.get(text)));
  const isSame = sameService(tableService(before), tableService(after));
  return { ...(isSame && edits.service !== undefined && { service: edits.service }), rows };
}

/** By the kernel's endpoint: all that the file says of that row, in one text. */
function linesByRow(virtual: VirtualService): ReadonlyMap<string, string> {
  const lines = new Map<string, string>();
  const { fallback } = virtual;
  for (const server of fallback === undefined ? virtual.reals : [...virtual.reals, fallback]) {
    const text = formatEndpoint(tableEndpoint(virtual.key, server));
    const limits =
      "weight" in server ? [server.weight, server.lowerThreshold, server.upperThreshold] : [];
    const line = [formatEndpoint(server.endpoint), server.forwarding, ...limits].join(" ");
    lines.set(text, `${lines.get(text) ?? ""}${line}\n`);
  }
  return lines;
}
