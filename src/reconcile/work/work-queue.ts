import { Turns } from "../../ipvs/turns.ts";
import { Rests } from "./rests.ts";

/** What is done with the services of each kind. Ids are of services; no two of these run at once. */
export interface Workers {
  /** Bring them to what they should be now. */
  readonly bring: (ids: readonly string[]) => Promise<void>;
  /** They had trouble: read them, and bring them there again. */
  readonly bringAgain: (ids: readonly string[]) => Promise<void>;
  /** Look what another hand did. */
  readonly lookOver: (ids: readonly string[]) => Promise<void>;
  /** Whether those that are to go have to stay for now. */
  readonly isBridging: () => boolean;
  /** About how many rows of the table it has. */
  readonly rowsOf: (id: string) => number;
  /** One of the above threw, which is a bug. */
  readonly onBug: (error: unknown, ids: readonly string[]) => void;
}

/** Rows of services that are worked on in one turn of the event loop: some milliseconds. */
const rowsInOneGo = 500;

/** What is to be done, by kind; what is added while one piece of work is under way is one piece after it. */
export class WorkQueue {
  readonly #workers: Workers;
  /** Ids of services to bring to what they should be; */
  readonly #dirty = new Set<string>();
  /** of those no longer named, to be taken out; */
  readonly #leaving = new Set<string>();
  /** of those that had trouble; */
  readonly #troubled = new Set<string>();
  /** of those to be read for what another hand did. */
  readonly #unseen = new Set<string>();
  readonly #rests = new Rests();
  /** Ends the pause in which all that is left rests. */
  #wake = (): void => {};
  #work: Promise<void> | undefined;
  #isStopped = false;

  constructor(workers: Workers) {
    this.#workers = workers;
  }

  /** @param isNamed by the configuration; one that is not is to be taken out */
  mark(id: string, isNamed: boolean): void {
    (isNamed ? this.#dirty : this.#leaving).add(id);
    (isNamed ? this.#leaving : this.#dirty).delete(id);
  }

  /** All that there are, in this order, whatever was marked before. */
  markAll(services: Iterable<{ readonly id: string; readonly virtual: unknown }>): void {
    this.#dirty.clear();
    this.#leaving.clear();
    for (const { id, virtual } of services) this.mark(id, virtual !== undefined);
  }

  addTroubled(id: string): void {
    this.#troubled.add(id);
  }

  addUnseen(ids: Iterable<string>): void {
    for (const id of ids) this.#unseen.add(id);
  }

  /** Whether all that was to be looked at has been. */
  get isSeen(): boolean {
    return this.#unseen.size === 0;
  }

  /** @returns when all there is to do now is done */
  begin(): Promise<void> {
    this.#wake();
    this.#work ??= this.#run();
    return this.#work;
  }

  /** Resolved when nothing is under way. */
  async settled(): Promise<void> {
    while (this.#work !== undefined) await this.#work;
  }

  /** What is under way ends; nothing is begun any more. */
  stop(): Promise<void> {
    this.#isStopped = true;
    this.#wake();
    return this.settled();
  }

  /** Changes go first; between two parts of what is long the event loop gets its turn. */
  async #run(): Promise<void> {
    // What changes in the same turn of the event loop is one piece of work.
    await new Promise((resolve) => setImmediate(resolve));
    const turns = new Turns();
    const { bring, bringAgain, lookOver } = this.#workers;
    while (!this.#isStopped && this.#hasWork()) {
      await this.#pauseIfAllRest();
      await this.#bring(this.#part(this.#dirty, (id) => this.#rests.leftMs(id) === 0));
      await this.#do(this.#part(this.#troubled), bringAgain);
      if (this.#dirty.size === 0 && this.#mayLeave()) {
        await this.#do(this.#part(this.#leaving), bring);
      }
      await this.#do(this.#part(this.#unseen), lookOver);
      await turns.yieldIfLong();
    }
    this.#work = undefined;
  }

  #hasWork(): boolean {
    return this.#dirty.size + this.#troubled.size + this.#unseen.size > 0 || this.#mayLeave();
  }

  #mayLeave(): boolean {
    return this.#leaving.size > 0 && !this.#workers.isBridging();
  }

  /** @returns the first of `ids`, which forgets them: about so many rows as can be worked on in one go */
  #part(ids: Set<string>, isReady = (_: string): boolean => true): readonly string[] {
    const part: string[] = [];
    let rows = 0;
    for (const id of ids) {
      if (rows >= rowsInOneGo) break;
      if (!isReady(id)) continue;
      rows += 1 + this.#workers.rowsOf(id);
      part.push(id);
      ids.delete(id);
    }
    return part;
  }

  async #bring(ids: readonly string[]): Promise<void> {
    const began = performance.now();
    await this.#do(ids, this.#workers.bring);
    const tookMs = performance.now() - began;
    for (const id of ids) this.#rests.begin(id, this.#workers.rowsOf(id), tookMs);
  }

  /** Until one may be brought again, or there is something else to do. */
  #pauseIfAllRest(): Promise<void> | undefined {
    const isElse = this.#troubled.size + this.#unseen.size > 0;
    if (isElse || this.#dirty.size === 0) return undefined;
    const leftMs = Math.min(...[...this.#dirty].map((id) => this.#rests.leftMs(id)));
    if (leftMs === 0) return undefined;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake(), leftMs);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = () => {};
        resolve();
      };
    });
  }

  async #do(ids: readonly string[], work: Workers["bring"]): Promise<void> {
    if (ids.length === 0 || this.#isStopped) return;
    try {
      await work(ids);
    } catch (error) {
      this.#workers.onBug(error, ids);
    }
  }
}
