import { join } from "node:path";
import { WholeFile } from "../files/whole-file.ts";
import { OrderBook } from "./book.ts";

/** More than all the orders that are taken, each with the longest words. */
const maxBytes = 32 * 1024 * 1024;

/** What a look at the file gives: the orders in it, or why it was set aside. */
export interface Found {
  readonly book: OrderBook;
  readonly setAside?: { readonly to: string; readonly cause: string };
}

/** Orders outlive the daemon in this file; there is none while there are no orders. */
export class StateFile {
  readonly path: string;
  readonly #file: WholeFile;

  constructor(folder: string, instance: string) {
    this.path = join(folder, `${instance}.json`);
    this.#file = new WholeFile(this.path, maxBytes);
  }

  /**
   * One that cannot be understood whole, or is of a later version than ours, or of a day to come, is renamed and obeyed
   * in nothing.
   * @param now epoch milliseconds
   * @throws the system's error when it is there and cannot be read
   */
  async load(now: number): Promise<Found> {
    const { value, setAside } = await this.#file.load(async (text) => {
      // Only who has orders pays for what reads them.
      const { readState } = await import("./state.ts");
      return readState(text, now);
    });
    return { book: value ?? new OrderBook(), ...(setAside && { setAside }) };
  }

  /** One at a time, in the order of the calls. @throws the system's error: then the file is as it was */
  save({ orders, nextId }: OrderBook, savedAt: number): Promise<void> {
    if (orders.length === 0) return this.#file.save(undefined);
    return this.#file.save(`${JSON.stringify({ version: 1, savedAt, nextId, orders })}\n`);
  }
}
