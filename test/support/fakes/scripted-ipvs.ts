import type { ConnectionFilter } from "../../../src/ipvs/connections.ts";
import type { Ipvs, IpvsOp, OpResult, TableRow, Timeouts } from "../../../src/ipvs/ipvs.ts";
import type { SyncDaemon, SyncState } from "../../../src/ipvs/sync-daemon.ts";
import type { ServiceKey } from "../../../src/model/virtual-service.ts";

/** Another table, its changes made one by one under the eyes of a test, which may refuse, lose or stop them. */
export class ScriptedIpvs implements Ipvs {
  readonly table: Ipvs;
  /** Every op asked for, and how often `apply` and `list` were called. */
  ops: IpvsOp[] = [];
  applies = 0;
  lists = 0;
  /** An errno: the op is not done. `LOST` after the fact: see `isLost`. */
  refuse: (op: IpvsOp) => OpResult = () => undefined;
  /** True: the op is done, and its answer lost. */
  isLost: (op: IpvsOp) => boolean = () => false;
  /** Before each op; so an answer takes its time. */
  pause: () => Promise<void> = () => Promise.resolve();
  /** How often something was asked while a change was under way. */
  overlaps = 0;
  #isBusy = false;
  /** After each op, with the table as it stands. */
  seen: (rows: readonly TableRow[]) => void = () => {};
  /** Set: `list` rejects with it. */
  unreadable: Error | undefined;
  /** So many ops more; then the daemon that asks is as good as killed: no answer ever comes. */
  opsToLive = Number.POSITIVE_INFINITY;
  /** Resolved once `opsToLive` is used up. */
  readonly dead: Promise<void>;
  #die: () => void = () => {};

  constructor(table: Ipvs) {
    this.table = table;
    this.dead = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  async apply(ops: readonly IpvsOp[]): Promise<readonly OpResult[]> {
    this.applies++;
    if (this.#isBusy) this.overlaps++;
    this.#isBusy = true;
    const results = await this.#applyEach(ops);
    this.#isBusy = false;
    return results;
  }

  async #applyEach(ops: readonly IpvsOp[]): Promise<readonly OpResult[]> {
    const results: OpResult[] = [];
    for (const op of ops) {
      await this.pause();
      if (this.opsToLive <= 0) {
        this.#die();
        await new Promise(() => {});
      }
      this.opsToLive--;
      this.ops.push(op);
      results.push(this.refuse(op) ?? (await this.#do(op)));
      this.seen(await this.table.list());
    }
    return results;
  }

  async #do(op: IpvsOp): Promise<OpResult> {
    const [result] = await this.table.apply([op]);
    return this.isLost(op) ? "LOST" : result;
  }

  async list(only?: readonly ServiceKey[]): Promise<readonly TableRow[]> {
    this.lists++;
    if (this.#isBusy) this.overlaps++;
    if (this.unreadable !== undefined) throw this.unreadable;
    return this.table.list(only);
  }

  /** Forgets what was counted so far. */
  restartCount(): void {
    this.ops = [];
    this.applies = 0;
    this.lists = 0;
  }

  info() {
    return this.table.info();
  }

  timeouts() {
    return this.table.timeouts();
  }

  setTimeouts(wanted: Partial<Timeouts>) {
    return this.table.setTimeouts(wanted);
  }

  counters(only?: readonly ServiceKey[]) {
    return this.table.counters(only);
  }

  connections(filter: ConnectionFilter, most: number) {
    return this.table.connections(filter, most);
  }

  syncDaemons() {
    return this.table.syncDaemons();
  }

  startSync(daemon: SyncDaemon) {
    return this.table.startSync(daemon);
  }

  stopSync(state: SyncState) {
    return this.table.stopSync(state);
  }

  close(): void {
    this.table.close();
  }
}
