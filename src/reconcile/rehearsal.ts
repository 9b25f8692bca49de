import type { Config } from "../config/config.ts";
import type { HealthView } from "../health/view.ts";
import type { IpvsOp, IpvsRows, OpResult, TableRow } from "../ipvs/ipvs.ts";
import type { Logger } from "../log/logger.ts";
import {
  type FallbackState,
  type ServiceKey,
  serviceId,
  type VirtualService,
} from "../model/virtual-service.ts";
import { afterOps, byService } from "./after-ops.ts";
import { Reconciler } from "./reconciler.ts";
import type { LeavingService, ServiceSnapshot } from "./shown.ts";
import type { TrackedService } from "./tracked-service.ts";

export interface RehearsalInputs {
  readonly config: Config;
  /** All services, those of others too; of our own as last known. */
  readonly table: readonly TableRow[];
  /** What will be believed at that moment. */
  readonly view: HealthView;
  /** For a reload: what the reconciler that runs knows. Without it, a start. */
  readonly remembered?: ReadonlyMap<string, TrackedService>;
}

/** What a start or a reload does to the table before any server has been asked. */
export interface Rehearsed {
  readonly before: readonly TableRow[];
  /** In the order of doing. */
  readonly ops: readonly IpvsOp[];
  readonly after: readonly TableRow[];
  /** Those that the configuration names, as they are then. */
  readonly services: readonly ServiceSnapshot[];
  /** To be deleted, and serving on until another serves. */
  readonly leaving: readonly LeavingService[];
  /** What fallbackcommand is told. */
  readonly told: readonly { readonly virtual: VirtualService; readonly state: FallbackState }[];
}

/**
 * Has a reconciler do it, on a table that only remembers: so it is what will be done, as long as the kernel refuses
 * nothing. Touches nothing.
 */
export async function rehearse(inputs: RehearsalInputs): Promise<Rehearsed> {
  const { config, table, view, remembered } = inputs;
  const ipvs = new RehearsedTable(table);
  const told: Rehearsed["told"][number][] = [];
  const reconciler = new Reconciler({
    ipvs,
    view,
    log: silent,
    onFallback: (virtual, state) => void told.push({ virtual, state }),
    rereadMs: 0,
    ...(remembered && { remembered }),
  });
  if (remembered === undefined) await reconciler.start(config, table);
  else {
    const isNew = ({ service }: TableRow) => !remembered.has(serviceId(service.key));
    await reconciler.reload(config, table.filter(isNew));
  }
  return {
    before: table,
    ops: ipvs.ops,
    after: await ipvs.list(),
    services: reconciler.snapshot(),
    leaving: reconciler.leaving(),
    told,
  };
}

const silent: Logger = { event: () => {}, debug: () => {} };

/** A copy of a table, which takes whatever it is asked for. */
class RehearsedTable implements IpvsRows {
  readonly ops: IpvsOp[] = [];
  readonly #rows: Map<string, TableRow>;

  constructor(rows: readonly TableRow[]) {
    this.#rows = new Map(rows.map((row) => [serviceId(row.service.key), row]));
  }

  async list(only?: readonly ServiceKey[]): Promise<readonly TableRow[]> {
    if (only === undefined) return [...this.#rows.values()];
    return only.flatMap((key) => this.#rows.get(serviceId(key)) ?? []);
  }

  async apply(ops: readonly IpvsOp[]): Promise<readonly OpResult[]> {
    for (const [id, its] of byService(ops)) {
      const row = afterOps(this.#rows.get(id), its);
      if (row === undefined) this.#rows.delete(id);
      else this.#rows.set(id, row);
    }
    this.ops.push(...ops);
    return ops.map(() => undefined);
  }
}
