import { describeSide } from "../reconcile/observe/drift.ts";
import type { ManualEdits } from "../reconcile/observe/manual-edits.ts";

/** One thing that another hand (ipvsadm) did, and that is left as it is. */
export interface HandsEdit {
  /** The row as the table writes it; absent when it is the service itself. */
  readonly row?: string;
  /** `masq weight 5`; `absent`: the row was removed. */
  readonly found: string;
}

export function handsEdits(edits: ManualEdits | undefined): readonly HandsEdit[] {
  if (edits === undefined) return [];
  const rows = [...edits.rows].map(([row, { left }]) => ({ row, found: describeSide(left) }));
  return edits.service === undefined ? rows : [{ found: describeSide(edits.service) }, ...rows];
}
