import type { Config } from "../config/config.ts";
import type { HealthView } from "../health/view.ts";
import type { IpvsRows, TableRow } from "../ipvs/ipvs.ts";
import { Turns } from "../ipvs/turns.ts";
import type { Logger } from "../log/logger.ts";
import { stackOf } from "../model/error-text.ts";
import {
  type FallbackState,
  type ServiceKey,
  serviceId,
  type VirtualService,
} from "../model/virtual-service.ts";
import { opKey } from "./after-ops.ts";
import { isBridging } from "./bridging.ts";
import { describeChange, describeErrno, type Listener } from "./describe.ts";
import { diff } from "./diff.ts";
import { withoutRows } from "./observe/manual-edits.ts";
import { Observer } from "./observe/observer.ts";
import { type LeavingService, leavingShown, type ServiceSnapshot, servicesShown } from "./shown.ts";
import {
  copied,
  newlyTracked,
  nextUpdate,
  type ServiceUpdate,
  servicesFollowing,
  type TrackedService,
} from "./tracked-service.ts";
import { applyOps, type Failure, isDoubtful } from "./work/apply.ts";
import { purge } from "./work/purge.ts";
import { rememberDone } from "./work/remember.ts";
import { Rereads } from "./work/rereads.ts";
import { Retry } from "./work/retry.ts";
import { WorkQueue } from "./work/work-queue.ts";

export interface ReconcilerOptions {
  readonly ipvs: IpvsRows;
  readonly view: HealthView;
  readonly log: Logger;
  /** For fallbackcommand: `start` when no real server is up, `stop` when one is. On a change only, and once after a reload. */
  readonly onFallback: (virtual: VirtualService, state: FallbackState) => void;
  /** A row of a service was changed, and the log has it. */
  readonly onRow?: Listener["onRow"];
  readonly onBrought?: Listener["onBrought"];
  /** How often the table is read again, to see what another hand did. 0: never. */
  readonly rereadMs?: number;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** What one before it knew: it goes on from there, with `reload`. Its own from now on. */
  readonly remembered?: ReadonlyMap<string, TrackedService>;
}

/**
 * Keeps the kernel's table as configuration and health want it. One change of the table is under way at a
 * time; what changes meanwhile is one piece of work after it. Only services that changed are computed,
 * and compared with the rows as last known: no reading back.
 */
export class Reconciler {
  readonly #ipvs: IpvsRows;
  readonly #view: HealthView;
  readonly #log: Logger;
  readonly #listener: Listener;
  readonly #onFallback: ReconcilerOptions["onFallback"];
  readonly #now: () => number;
  readonly #observer: Observer;
  readonly #retry = new Retry((id) => {
    this.#queue.addTroubled(id);
    void this.#queue.begin();
  });

  #services = new Map<string, TrackedService>();
  #isReaddQuiescent = false;
  readonly #queue = new WorkQueue({
    bring: (ids) => this.#bring(ids),
    bringAgain: (ids) => this.#bringAgain(ids),
    lookOver: (ids) => this.#lookOver(ids),
    isBridging: () => isBridging(this.#services.values()),
    rowsOf: (id) => {
      const { virtual, actual } = this.#services.get(id) ?? {};
      return Math.max(virtual?.reals.length ?? 0, actual?.dests.length ?? 0);
    },
    onBug: (error, ids) => {
      this.#log.event("internal-error", { stack: stackOf(error) });
      for (const id of ids) {
        this.#doubt(id);
        this.#retry.add(id);
      }
    },
  });
  readonly #rereads: Rereads;
  #isStopping = false;

  constructor(options: ReconcilerOptions) {
    this.#ipvs = options.ipvs;
    this.#view = options.view;
    this.#log = options.log;
    this.#observer = new Observer(options.ipvs, options.log, () => this.#now());
    this.#listener = { onRow: () => {}, onBrought: () => {}, ...options };
    this.#onFallback = options.onFallback;
    this.#now = options.now ?? (() => Date.now());
    this.#rereads = new Rereads(options.rereadMs ?? 5_000, () => {
      this.#queue.addUnseen(this.#services.keys());
      return this.#queue.begin();
    });
    this.#services = new Map(options.remembered);
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
    for (const key of former) this.#services.set(serviceId(key), newlyTracked(serviceId(key), key));
    this.#take(config, observed);
    this.#rereads.begin();
    await this.#queue.begin();
  }

  /**
   * As `start`: resolved when the table has reached it. Services no longer named are deleted.
   * @param found what the table holds of services that are named for the first time
   */
  async reload(config: Config, found: readonly TableRow[] = []): Promise<void> {
    if (this.#isStopping) return;
    this.#take(config, found);
    await this.#queue.begin();
  }

  /** Health or maintenance of one of its real servers changed. */
  touch(serviceId: string): void {
    if (!this.#services.has(serviceId)) return;
    this.#queue.mark(serviceId, true);
    void this.#queue.begin();
  }

  /** Another order holds for these rows: what another hand did to them before counts no more. @param rows see ManualEdits */
  steer(serviceId: string, rows: ReadonlySet<string>): void {
    const tracked = this.#services.get(serviceId);
    if (tracked !== undefined) tracked.edits = withoutRows(tracked.edits, rows);
    this.touch(serviceId);
  }

  /** Resolved when nothing is under way; what waits for its next try does not count. */
  settled(): Promise<void> {
    return this.#queue.settled();
  }

  /** By `serviceId`: what the table holds of our services, as last read or written. One not in it has no row. */
  observed(): ReadonlyMap<string, TableRow | undefined> {
    return new Map([...this.#services].map(([id, { actual }]) => [id, actual]));
  }

  /** All that is known, in copies: for another one that goes on from here. */
  remembered(): ReadonlyMap<string, TrackedService> {
    return new Map([...this.#services].map(([id, tracked]) => [id, copied(tracked)]));
  }

  /** For display, in the file's order. */
  snapshot(): readonly ServiceSnapshot[] {
    return servicesShown(this.#services.values());
  }

  /** For display: what is on its way out of the table. */
  leaving(): readonly LeavingService[] {
    return leavingShown(this.#services.values());
  }

  /**
   * Lets a change under way end, then deletes the services that `cleanstop` does not keep. The health view
   * has to answer until then: the log names the servers that were up.
   * @param next what runs after us: its services stay, whatever `cleanstop` says, and only those
   */
  async stop(next?: Config): Promise<void> {
    const heirs = next && new Set(next.virtuals.map(({ key }) => serviceId(key)));
    const stays = ({ key, virtual }: TrackedService) =>
      heirs === undefined ? virtual?.isCleanStop === false : heirs.has(serviceId(key));
    this.#isStopping = true;
    this.#rereads.stop();
    this.#retry.close();
    await this.#queue.stop();
    const leaving = [...this.#services.values()].filter(
      (tracked) => tracked.actual !== undefined && !stays(tracked),
    );
    for (const failure of await purge(leaving, this.#ipvs, this.#view, this.#listener)) {
      this.#logRefused(failure);
    }
    this.#services.clear();
  }

  #take(config: Config, found: readonly TableRow[]): void {
    this.#services = servicesFollowing(config.virtuals, this.#services, found);
    this.#queue.markAll(this.#services.values());
    this.#isReaddQuiescent = config.isReaddQuiescent;
  }

  /** Brings the services to what they should be now. */
  async #bring(ids: readonly string[], isSecondTry = false): Promise<void> {
    const turns = new Turns();
    const plans = new Map<string, ServiceUpdate>();
    const shared = { view: this.#view, isReaddQuiescent: this.#isReaddQuiescent };
    for (const tracked of this.#servicesOf(ids)) {
      plans.set(tracked.id, nextUpdate(tracked, shared, this.#now()));
      await turns.yieldIfLong();
    }
    const wanted = [...plans.values()].flatMap(({ after }) => after ?? []);
    const observed = [...plans.values()].flatMap(({ tracked }) => tracked.actual ?? []);
    const ops = diff(wanted, observed, new Set(plans.keys()));
    await turns.yieldIfLong();
    const { done, failed } = await applyOps(this.#ipvs, ops, (id) => plans.get(id)?.tracked.actual);
    await rememberDone(done, plans, { view: this.#view, listener: this.#listener }, turns);
    for (const { virtual, edge } of plans.values()) {
      if (virtual !== undefined && edge !== undefined) this.#onFallback(virtual, edge);
    }
    for (const { virtual, outage } of plans.values()) {
      if (virtual === undefined || outage === undefined) continue;
      this.#log.event(outage, { virtual: virtual.key });
    }

    const troubled = new Set(failed.map(({ op }) => serviceId(opKey(op))));
    for (const { op } of failed.filter(isDoubtful)) this.#doubt(serviceId(opKey(op)));
    const doubted = [...plans.values()].flatMap(({ tracked }) =>
      tracked.isInDoubt ? [tracked.id] : [],
    );
    for (const id of doubted) troubled.add(id);
    for (const { tracked } of plans.values()) if (!troubled.has(tracked.id)) this.#finish(tracked);
    const clear = isSecondTry || doubted.length === 0 ? none : await this.#look(doubted);
    for (const failure of failed) {
      if (!clear.has(serviceId(opKey(failure.op)))) this.#logRefused(failure);
      await turns.yieldIfLong();
    }
    for (const id of troubled) if (!clear.has(id)) this.#retry.add(id);
    if (clear.size > 0) await this.#bring([...clear], true);
  }

  /** What had trouble, when it is time to try it again. */
  async #bringAgain(ids: readonly string[]): Promise<void> {
    await this.#look(ids);
    this.#observer.tellUnread(ids.length === this.#services.size);
    for (const { id, virtual } of this.#servicesOf(ids)) {
      this.#queue.mark(id, virtual !== undefined);
    }
  }

  /** One part of the periodic look at all. */
  async #lookOver(ids: readonly string[]): Promise<void> {
    await this.#look(ids);
    if (this.#queue.isSeen) this.#observer.tellUnread(true);
  }

  #doubt(id: string): void {
    const tracked = this.#services.get(id);
    if (tracked !== undefined) tracked.isInDoubt = true;
  }

  /** The service is as wanted. */
  #finish(tracked: TrackedService): void {
    this.#retry.finish(tracked.id);
    if (tracked.virtual === undefined && tracked.actual === undefined) {
      this.#services.delete(tracked.id);
      this.#observer.forget(tracked.id);
    }
    for (const [change, isTaken] of tracked.refused) {
      this.#log.event(isTaken ? "table-change-recovered" : "table-change-dropped", { change });
    }
    tracked.refused.clear();
  }

  /** Reads the services again and takes up what changed without us. @returns those that could be read */
  async #look(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const { read, changed, moved } = await this.#observer.look(this.#servicesOf(ids));
    for (const tracked of moved) this.#listener.onBrought(tracked);
    for (const { id, virtual } of changed) this.#queue.mark(id, virtual !== undefined);
    return read;
  }

  /** How often the table is read again from now on; 0: never. */
  rereadEvery(ms: number): void {
    this.#rereads.every(ms);
  }

  #servicesOf(ids: readonly string[]): readonly TrackedService[] {
    return ids.flatMap((id) => this.#services.get(id) ?? []);
  }

  /** Once per episode: until the service is as wanted again. */
  #logRefused({ op, errno }: Failure): void {
    const refused = this.#services.get(serviceId(opKey(op)))?.refused;
    const change = describeChange(op);
    const isTold = refused?.has(change) === true;
    refused?.set(change, false);
    if (isTold) return;
    this.#log.event("table-change-failed", { change, errno: describeErrno(op, errno) });
  }
}

const none: ReadonlySet<string> = new Set();
