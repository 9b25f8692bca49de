import type { IpvsRows, TableRow } from "../../ipvs/ipvs.ts";
import { Turns } from "../../ipvs/turns.ts";
import type { Logger } from "../../log/logger.ts";
import { sameEndpoint } from "../../model/address.ts";
import { logDrift } from "../describe.ts";
import type { TrackedService } from "../tracked-service.ts";
import { findDrift, isEdit } from "./drift.ts";
import { type EditPolicy, noteDrift } from "./manual-edits.ts";
import { Reader } from "./reader.ts";

/** What a look at some services came to. */
export interface Look {
  /** Ids of those that could be read. */
  readonly read: ReadonlySet<string>;
  /** Those in which another hand has changed something of ours. */
  readonly changed: readonly TrackedService[];
  /** Those whose rows, anybody's, are other than was known. */
  readonly moved: readonly TrackedService[];
}

/** Reads services of ours from the table again, and takes up what changed without us. */
export class Observer {
  readonly #log: Logger;
  readonly #reader: Reader;
  readonly #now: () => number;

  /** @param now epoch milliseconds */
  constructor(ipvs: IpvsRows, log: Logger, now: () => number) {
    this.#log = log;
    this.#now = now;
    this.#reader = new Reader(ipvs, log);
  }

  async look(services: readonly TrackedService[]): Promise<Look> {
    const turns = new Turns();
    const rows = await this.#reader.read(services.map(({ key }) => key));
    const changed: TrackedService[] = [];
    const moved: TrackedService[] = [];
    for (const tracked of services) {
      const row = rows.get(tracked.id);
      if (rows.has(tracked.id)) {
        if (!haveSameWeights(tracked.actual, row)) moved.push(tracked);
        if (this.#compare(tracked, row)) changed.push(tracked);
      }
      await turns.yieldIfLong();
    }
    return { read: new Set(rows.keys()), changed, moved };
  }

  /** Says what could not be read since the last time. @param isAll these were all services there are */
  tellUnread(isAll: boolean): void {
    this.#reader.tell(isAll);
  }

  /** This one is no longer read. */
  forget(id: string): void {
    this.#reader.forget(id);
  }

  /** @returns whether anything is other than we left it */
  #compare(tracked: TrackedService, row: TableRow | undefined): boolean {
    const drifts = findDrift(tracked.actual, row, tracked.wanted);
    const policy: EditPolicy = tracked.isInDoubt ? "removals" : "all";
    // In doubt, a changed field may be our own change whose answer was lost: blame nobody.
    const sure = tracked.isInDoubt ? drifts.filter((drift) => !isEdit(drift)) : drifts;
    tracked.actual = row;
    tracked.isInDoubt = false;
    if (drifts.length === 0) return false;
    if (sure.length > 0) tracked.driftAt = this.#now();
    for (const drift of sure) logDrift(this.#log, drift, tracked.key);
    if (tracked.wanted !== undefined) {
      tracked.edits = noteDrift(tracked.edits, drifts, tracked.wanted, policy);
    }
    return true;
  }
}

/** The kernel keeps their order. */
function haveSameWeights(known: TableRow | undefined, row: TableRow | undefined): boolean {
  const [before, now] = [known?.dests ?? [], row?.dests ?? []];
  return (
    before.length === now.length &&
    before.every(({ endpoint, weight }, i) => {
      const other = now[i];
      return other?.weight === weight && sameEndpoint(other.endpoint, endpoint);
    })
  );
}
