import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf } from "../model/error-text.ts";
import { OrderBook } from "./book.ts";

/** More than all the orders that are taken, each with the longest words. */
const maxBytes = 32 * 1024 * 1024;

/** What a look at the file gives: the orders in it, or why it was set aside. */
export interface Found {
  readonly book: OrderBook;
  readonly setAside?: { readonly to: string; readonly cause: string };
}

/** Orders outlive the daemon in this file: written whole, or not at all; there is none while there are no orders. */
export class StateFile {
  readonly path: string;
  #saving: Promise<unknown> = Promise.resolve();

  constructor(folder: string, instance: string) {
    this.path = join(folder, `${instance}.json`);
  }

  /**
   * One that cannot be understood whole, or is of a later version than ours, or of a day to come, is renamed and obeyed
   * in nothing.
   * @param now epoch milliseconds
   * @throws the system's error when it is there and cannot be read
   */
  async load(now: number): Promise<Found> {
    let bytes: Buffer;
    try {
      bytes = await readFile(this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return { book: new OrderBook() };
      throw error;
    }
    try {
      if (bytes.length > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`);
      // Only who has orders pays for what reads them.
      const { readState } = await import("./state.ts");
      return { book: readState(bytes.toString(), now) };
    } catch (error) {
      const to = `${this.path}.set-aside`;
      await rename(this.path, to);
      return { book: new OrderBook(), setAside: { to, cause: messageOf(error) } };
    }
  }

  /** One at a time, in the order of the calls. @throws the system's error: then the file is as it was */
  save(book: OrderBook, now: number): Promise<void> {
    const saved = this.#saving.then(() => this.#write(book, now));
    this.#saving = saved.catch(() => {});
    return saved;
  }

  async #write({ orders, nextId }: OrderBook, savedAt: number): Promise<void> {
    if (orders.length === 0) {
      await rm(this.path, { force: true });
      return;
    }
    const folder = dirname(this.path);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const fresh = `${this.path}.new`;
    const file = await open(fresh, "w", 0o600);
    try {
      await file.writeFile(`${JSON.stringify({ version: 1, savedAt, nextId, orders })}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, this.path);
    const place = await open(folder);
    try {
      await place.sync();
    } finally {
      await place.close();
    }
  }
}
