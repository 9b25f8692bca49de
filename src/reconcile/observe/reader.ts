import type { IpvsRows, TableRow } from "../../ipvs/ipvs.ts";
import type { Logger } from "../../log/logger.ts";
import { messageOf } from "../../model/error-text.ts";
import { type ServiceKey, serviceId } from "../../model/virtual-service.ts";

/**
 * Reads services of ours from the table. One that cannot be read takes no other with it; what cannot be read is told
 * once, and its end.
 */
export class Reader {
  readonly #ipvs: IpvsRows;
  readonly #log: Logger;
  /** The table as a whole cannot be read, and the log has it. */
  #isBlind = false;
  /** By id, services that cannot be read, and the log has it. */
  readonly #told = new Map<string, ServiceKey>();
  /** Since the last `tell`: who could not be read, and why; and who could. */
  readonly #failed = new Map<string, { readonly key: ServiceKey; readonly cause: string }>();
  readonly #read = new Set<string>();

  constructor(ipvs: IpvsRows, log: Logger) {
    this.#ipvs = ipvs;
    this.#log = log;
  }

  /** @returns by id; of a service that could not be read nothing, of one that does not exist `undefined` */
  async read(keys: readonly ServiceKey[]): Promise<ReadonlyMap<string, TableRow | undefined>> {
    const found = new Map<string, TableRow | undefined>();
    const add = (those: readonly ServiceKey[], rows: readonly TableRow[]) => {
      for (const key of those) found.set(serviceId(key), undefined);
      for (const row of rows) found.set(serviceId(row.service.key), row);
    };
    try {
      add(keys, await this.#ipvs.list(keys));
    } catch (error) {
      if (keys.length === 1) this.#note(keys, error);
      else for (const key of keys) await this.#readOne(key, add);
    }
    for (const id of found.keys()) {
      this.#read.add(id);
      this.#failed.delete(id);
    }
    return found;
  }

  /** @param isAll what was read since the last time were all services there are */
  tell(isAll: boolean): void {
    const [first] = this.#failed.values();
    if (first !== undefined && isAll && this.#read.size === 0) {
      if (!this.#isBlind) this.#log.event("table-unreadable", { cause: first.cause });
      this.#isBlind = true;
    } else {
      if (this.#isBlind && this.#read.size > 0) {
        this.#isBlind = false;
        this.#log.event("table-readable", {});
      }
      if (!this.#isBlind) this.#tellEach();
    }
    this.#failed.clear();
    this.#read.clear();
  }

  /** This one is no longer read. */
  forget(id: string): void {
    this.#told.delete(id);
  }

  async #readOne(
    key: ServiceKey,
    add: (keys: readonly ServiceKey[], rows: readonly TableRow[]) => void,
  ): Promise<void> {
    try {
      add([key], await this.#ipvs.list([key]));
    } catch (error) {
      this.#note([key], error);
    }
  }

  #note(keys: readonly ServiceKey[], error: unknown): void {
    const cause = messageOf(error);
    for (const key of keys) this.#failed.set(serviceId(key), { key, cause });
  }

  #tellEach(): void {
    for (const [id, { key, cause }] of this.#failed) {
      if (this.#told.has(id)) continue;
      this.#told.set(id, key);
      this.#log.event("virtual-unreadable", { virtual: key, cause });
    }
    for (const [id, key] of this.#told) {
      if (!this.#read.has(id)) continue;
      this.#told.delete(id);
      this.#log.event("virtual-readable", { virtual: key });
    }
  }
}
