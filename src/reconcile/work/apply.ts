import { NetlinkError } from "../../errors.ts";
import type { IpvsOp, IpvsRows, OpResult, TableRow } from "../../ipvs/ipvs.ts";
import { serviceId } from "../../model/virtual-service.ts";
import { afterOps, byService, isUsable, opKey } from "../after-ops.ts";

export interface Failure {
  readonly op: IpvsOp;
  /** `EPERM`, …, or `LOST`. */
  readonly errno: string;
}

/** An op in neither list was held back, because one before it failed. */
export interface ApplyResult {
  readonly done: readonly IpvsOp[];
  readonly failed: readonly Failure[];
}

/**
 * Sends what `diff` made, in its order, in up to three batches: services, then all that gives traffic a
 * place to go, then all that takes one away. A service that could not be added gets no servers; one that
 * would be left empty because its new server was refused keeps the old one.
 * @param rowOf a service's row as last known
 */
export async function applyOps(
  ipvs: IpvsRows,
  ops: readonly IpvsOp[],
  rowOf: (serviceId: string) => TableRow | undefined,
): Promise<ApplyResult> {
  const done: IpvsOp[] = [];
  const failed: Failure[] = [];
  for (const belongs of [isService, isGiving, isTaking]) {
    const held = failed.length === 0 ? none : heldBack(failed, done, ops, rowOf);
    const batch = ops.filter((op) => belongs(op) && !held.has(serviceId(opKey(op))));
    if (batch.length === 0) continue;
    const results = await send(ipvs, batch);
    for (const [i, op] of batch.entries()) {
      const errno = results[i];
      if (errno === undefined) done.push(op);
      else failed.push({ op, errno });
    }
  }
  return { done, failed };
}

/** The table is not what we took it for, or an answer is missing: only another look can tell. */
export const isDoubtful = ({ errno }: Failure): boolean =>
  ["EEXIST", "ENOENT", "ESRCH", "ENOBUFS", "LOST"].includes(errno);

const isService = (op: IpvsOp): boolean => op.kind === "add-service" || op.kind === "set-service";
const isTaking = (op: IpvsOp): boolean =>
  op.kind === "delete-dest" ||
  op.kind === "delete-service" ||
  (op.kind === "set-dest" && op.dest.weight === 0);
const isGiving = (op: IpvsOp): boolean => !isService(op) && !isTaking(op);

const none: ReadonlySet<string> = new Set();

/** The services whose remaining ops are not to be tried. */
function heldBack(
  failed: readonly Failure[],
  done: readonly IpvsOp[],
  ops: readonly IpvsOp[],
  rowOf: (serviceId: string) => TableRow | undefined,
): ReadonlySet<string> {
  const held = new Set<string>();
  const failedBy = byService(failed.map(({ op }) => op));
  const ofThese = (op: IpvsOp) => failedBy.has(serviceId(opKey(op)));
  const doneBy = byService(done.filter(ofThese));
  const takesBy = byService(ops.filter((op) => isTaking(op) && ofThese(op)));
  for (const [id, its] of failedBy) {
    const now = afterOps(rowOf(id), doneBy.get(id) ?? []);
    const then = afterOps(now, takesBy.get(id) ?? []);
    const isMissing = its.some(({ kind }) => kind === "add-service");
    if (isMissing || (isUsable(now) && !isUsable(then))) held.add(id);
  }
  return held;
}

async function send(ipvs: IpvsRows, batch: readonly IpvsOp[]): Promise<readonly OpResult[]> {
  try {
    return await ipvs.apply(batch);
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    return batch.map(() => "LOST");
  }
}
