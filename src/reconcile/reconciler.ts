import type { Config } from "../config/config.ts";
import type { HealthView } from "../health/view.ts";
import type { Ipvs, IpvsOp, TableRow } from "../ipvs/ipvs.ts";
import type { Logger } from "../log/logger.ts";
import { formatEndpoint } from "../model/address.ts";
import {
  type ServiceKey,
  serviceId,
  serviceName,
  type VirtualService,
} from "../model/virtual-service.ts";
import { afterOps, byService, opKey } from "./after-ops.ts";
import { applyOps, type Failure, isDoubtful } from "./apply.ts";
import {
  type Context,
  describeChange,
  describeErrno,
  type Listener,
  logDrift,
  tellDone,
  tellRow,
} from "./describe.ts";
import { type DesiredService, rowsByEndpoint, standingOf } from "./desired.ts";
import { diff } from "./diff.ts";
import { findDrift, isEdit } from "./drift.ts";
import { noteDrift, type Respect } from "./hand.ts";
import { Retry } from "./retry.ts";
import { emptySlot, type FallbackState, type Plan, planNext, type Slot } from "./slot.ts";

export interface ReconcilerOptions {
  readonly ipvs: Ipvs;
  readonly view: HealthView;
  readonly log: Logger;
  /** For fallbackcommand: `start` when no real server is up, `stop` when one is. On a change only, and once after a reload. */
  readonly onFallback: (virtual: VirtualService, state: FallbackState) => void;
  /** A row of a service was changed, and the log has it. */
  readonly onRow?: Listener["onRow"];
  /** How often the table is read again, to see what another hand did. 0: never. */
  readonly rereadMs?: number;
}

export interface ServiceSnapshot {
  readonly virtual: VirtualService;
  readonly desired: DesiredService;
  /** As last read or written. */
  readonly observed: TableRow | undefined;
  /** Changes that the kernel refuses just now. */
  readonly refused: readonly string[];
}

/**
 * Keeps the kernel's table as configuration and health want it. One change of the table is under way at a
 * time; what changes meanwhile is one piece of work after it. Only services that changed are computed,
 * and compared with the rows as last known: no reading back.
 */
export class Reconciler {
  readonly #ipvs: Ipvs;
  readonly #view: HealthView;
  readonly #log: Logger;
  readonly #listener: Listener;
  readonly #onFallback: ReconcilerOptions["onFallback"];
  readonly #rereadMs: number;
  readonly #retry = new Retry((id) => this.#lookAgain(id));

  #slots = new Map<string, Slot>();
  #isReaddQuiescent = false;
  readonly #dirty = new Set<string>();
  readonly #unseen = new Set<string>();
  #work: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;
  #isUnreadable = false;
  /** Counted so that an edit found later is known to be older than a reload, perhaps: then it does not count. */
  #reloads = 0;
  #reloadsSeen = 0;

  constructor(options: ReconcilerOptions) {
    this.#ipvs = options.ipvs;
    this.#view = options.view;
    this.#log = options.log;
    this.#listener = { log: options.log, onRow: options.onRow ?? (() => {}) };
    this.#onFallback = options.onFallback;
    this.#rereadMs = options.rereadMs ?? 5_000;
  }

  /**
   * @param observed the table as found
   * @param former services of a configuration before this one, to be deleted: known when a reload was cut short
   * @returns when the table is as wanted, or what it refuses is logged
   */
  async start(
    config: Config,
    observed: readonly TableRow[],
    former: readonly ServiceKey[] = [],
  ): Promise<void> {
    for (const key of former) {
      const id = serviceId(key);
      this.#slots.set(id, emptySlot(id, key));
    }
    this.#take(config, observed);
    this.#armReread();
    await this.#begin();
  }

  /**
   * As `start`: resolved when the table has reached it. Services no longer named are deleted.
   * @param found what the table holds of services that are named for the first time
   */
  async reload(config: Config, found: readonly TableRow[] = []): Promise<void> {
    if (this.#isStopping) return;
    this.#take(config, found);
    this.#reloads++;
    await this.#begin();
  }

  /** Health or maintenance of one of its real servers changed. */
  touch(serviceId: string): void {
    if (!this.#slots.has(serviceId)) return;
    this.#dirty.add(serviceId);
    void this.#begin();
  }

  /** Resolved when nothing is under way; what waits for its next try does not count. */
  async settled(): Promise<void> {
    while (this.#work !== undefined) await this.#work;
  }

  /** By `serviceId`: what the table holds of our services, as last read or written. One not in it has no row. */
  observed(): ReadonlyMap<string, TableRow | undefined> {
    return new Map([...this.#slots].map(([id, { actual }]) => [id, actual]));
  }

  /** For display, in the file's order. */
  snapshot(): readonly ServiceSnapshot[] {
    return [...this.#slots.values()].flatMap(({ virtual, wanted, actual, refused }) =>
      virtual === undefined || wanted === undefined
        ? []
        : [{ virtual, desired: wanted, observed: actual, refused: [...refused] }],
    );
  }

  /**
   * Lets a change under way end, then deletes the services that `cleanstop` does not keep. The health view
   * has to answer until then: the log names the servers that were up.
   */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    this.#retry.close();
    await this.settled();
    const leaving = [...this.#slots.values()].filter(
      ({ virtual, actual }) => actual !== undefined && virtual?.isCleanStop !== false,
    );
    const ops = leaving.map(({ key }): IpvsOp => ({ kind: "delete-service", key }));
    const { failed } = await applyOps(this.#ipvs, ops, (id) => this.#slots.get(id)?.actual);
    const refused = new Map(failed.map((failure) => [opKey(failure.op), failure]));
    for (const slot of leaving) {
      const failure = refused.get(slot.key);
      if (failure === undefined || isGone(failure)) this.#logPurged(slot);
      else this.#logRefused(failure);
    }
    this.#slots.clear();
  }

  /** Makes `config` the one to follow. Forgets hand edits and what fallbackcommand was told, nothing else. */
  #take(config: Config, found: readonly TableRow[]): void {
    const slots = new Map<string, Slot>();
    for (const virtual of config.virtuals) {
      const id = serviceId(virtual.key);
      const slot = this.#slots.get(id) ?? emptySlot(id, virtual.key);
      slots.set(id, Object.assign(slot, { virtual, hand: undefined, fallback: undefined }));
    }
    for (const [id, slot] of this.#slots) {
      if (slots.has(id)) continue;
      slots.set(id, Object.assign(slot, { virtual: undefined }));
      slot.refused.clear();
    }
    this.#slots = slots;
    for (const row of found) {
      const slot = slots.get(serviceId(row.service.key));
      if (slot !== undefined) slot.actual = row;
    }
    this.#isReaddQuiescent = config.isReaddQuiescent;
    for (const id of slots.keys()) this.#dirty.add(id);
  }

  #begin(): Promise<void> {
    this.#work ??= this.#run();
    return this.#work;
  }

  async #run(): Promise<void> {
    // What changes in the same turn of the event loop is one piece of work.
    await new Promise((resolve) => setImmediate(resolve));
    while (!this.#isStopping && (this.#unseen.size > 0 || this.#dirty.size > 0)) {
      const isLook = this.#unseen.size > 0;
      const ids = drain(isLook ? this.#unseen : this.#dirty);
      try {
        await (isLook ? this.#look(ids) : this.#bring(ids));
      } catch (error) {
        this.#log.event("internal-error", { stack: stackOf(error) });
        for (const id of ids) {
          this.#doubt(id);
          this.#retry.add(id);
        }
      }
    }
    this.#work = undefined;
  }

  /** Brings the services to what they should be now. */
  async #bring(ids: readonly string[], isSecondTry = false): Promise<void> {
    const plans = new Map<string, Plan>();
    for (const slot of this.#slotsOf(ids)) {
      plans.set(slot.id, planNext(slot, this.#inputs()));
    }
    const wanted = [...plans.values()].flatMap(({ after }) => after ?? []);
    const observed = [...plans.values()].flatMap(({ slot }) => slot.actual ?? []);
    const ops = diff(wanted, observed, new Set(plans.keys()));
    const { done, failed } = await applyOps(this.#ipvs, ops, (id) => plans.get(id)?.slot.actual);
    this.#remember(done, plans);
    for (const { virtual, edge } of plans.values()) {
      if (virtual !== undefined && edge !== undefined) this.#onFallback(virtual, edge);
    }

    const troubled = new Set(failed.map(({ op }) => serviceId(opKey(op))));
    for (const { op } of failed.filter(isDoubtful)) this.#doubt(serviceId(opKey(op)));
    const doubted = [...plans.values()].flatMap(({ slot }) => (slot.isInDoubt ? [slot.id] : []));
    for (const id of doubted) troubled.add(id);
    for (const { slot } of plans.values()) if (!troubled.has(slot.id)) this.#finish(slot);
    if (doubted.length > 0 && !isSecondTry && (await this.#look(doubted))) {
      return this.#bring([...troubled], true);
    }
    for (const failure of failed) this.#logRefused(failure);
    for (const id of troubled) this.#retry.add(id);
  }

  #doubt(id: string): void {
    const slot = this.#slots.get(id);
    if (slot !== undefined) slot.isInDoubt = true;
  }

  /** The service is as wanted. */
  #finish(slot: Slot): void {
    this.#retry.finish(slot.id);
    if (slot.virtual === undefined && slot.actual === undefined) this.#slots.delete(slot.id);
    for (const change of slot.refused) this.#log.event("table-change-recovered", { change });
    slot.refused.clear();
  }

  #lookAgain(id: string): void {
    this.#unseen.add(id);
    this.#dirty.add(id);
    void this.#begin();
  }

  /** Reads the services again and takes up what changed without us. @returns false when that is impossible */
  async #look(ids: readonly string[]): Promise<boolean> {
    const slots = this.#slotsOf(ids);
    const reloads = this.#reloads;
    const rows = await this.#list(slots.map(({ key }) => key));
    if (rows === undefined) return false;
    const found = new Map(rows.map((row) => [serviceId(row.service.key), row]));
    for (const slot of slots) this.#compare(slot, found.get(slot.id));
    if (slots.length === this.#slots.size) this.#reloadsSeen = reloads;
    return true;
  }

  #compare(slot: Slot, row: TableRow | undefined): void {
    const drifts = findDrift(slot.actual, row, slot.wanted);
    const respect = this.#respectFor(slot);
    // In doubt, a changed field may be our own change whose answer was lost: blame nobody.
    const sure = slot.isInDoubt ? drifts.filter((drift) => !isEdit(drift)) : drifts;
    slot.actual = row;
    slot.isInDoubt = false;
    if (drifts.length === 0) return;
    for (const drift of sure) logDrift(this.#log, drift, serviceName(slot.key));
    if (slot.wanted !== undefined) {
      slot.hand = noteDrift(slot.hand, drifts, slot.wanted, respect);
    }
    this.#dirty.add(slot.id);
  }

  #respectFor(slot: Slot): Respect {
    if (this.#reloads !== this.#reloadsSeen) return "none";
    return slot.isInDoubt ? "removals" : "all";
  }

  async #list(keys: readonly ServiceKey[]): Promise<readonly TableRow[] | undefined> {
    try {
      const rows = await this.#ipvs.list(keys);
      if (this.#isUnreadable) this.#log.event("table-readable", {});
      this.#isUnreadable = false;
      return rows;
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      if (!this.#isUnreadable) this.#log.event("table-unreadable", { cause });
      this.#isUnreadable = true;
      return undefined;
    }
  }

  /** The next look is a full pause after the last one ended: they never pile up. */
  #armReread(): void {
    if (this.#rereadMs === 0 || this.#isStopping) return;
    this.#timer = setTimeout(() => {
      for (const id of this.#slots.keys()) this.#unseen.add(id);
      void this.#begin().then(() => this.#armReread());
    }, this.#rereadMs);
  }

  #inputs() {
    return { view: this.#view, isReaddQuiescent: this.#isReaddQuiescent };
  }

  #slotsOf(ids: readonly string[]): readonly Slot[] {
    return ids.flatMap((id) => this.#slots.get(id) ?? []);
  }

  #remember(done: readonly IpvsOp[], plans: ReadonlyMap<string, Plan>): void {
    const contexts = new Map<string, Context>();
    for (const [id, ops] of byService(done)) {
      const plan = plans.get(id);
      if (plan === undefined) continue;
      plan.slot.actual = afterOps(plan.slot.actual, ops);
      const [before, after] = [rowsByEndpoint(plan.before), rowsByEndpoint(plan.after)];
      contexts.set(id, { virtual: plan.virtual, before, after });
    }
    for (const op of done) {
      const context = contexts.get(serviceId(opKey(op)));
      if (context !== undefined) tellDone(this.#listener, op, context);
    }
  }

  /** Once per episode: until the service is as wanted again. */
  #logRefused({ op, errno }: Failure): void {
    const refused = this.#slots.get(serviceId(opKey(op)))?.refused;
    const change = describeChange(op);
    if (refused?.has(change)) return;
    refused?.add(change);
    this.#log.event("table-change-failed", { change, errno: describeErrno(op, errno) });
  }

  #logPurged({ id, key, virtual }: Slot): void {
    const name = serviceName(key);
    for (const { endpoint } of virtual?.reals ?? []) {
      if (standingOf(this.#view, id, endpoint) !== "up") continue;
      const fields = { real: formatEndpoint(endpoint), virtual: name };
      tellRow(this.#listener, virtual, "real-purged-stop", fields, {
        row: endpoint,
        lost: undefined,
      });
    }
    this.#log.event("virtual-purged-stop", { virtual: name });
  }
}

function drain(ids: Set<string>): readonly string[] {
  const all = [...ids];
  ids.clear();
  return all;
}

const isGone = ({ errno }: Failure): boolean => errno === "ENOENT" || errno === "ESRCH";

const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
