import type { Logger } from "../log/logger.ts";
import type { Asker } from "../model/asker.ts";
import { messageOf } from "../model/error-text.ts";
import { describeTarget, type NewOrder, OrderBook } from "./book.ts";
import { type DrainOrder, endOf, type Order, type OrderKind, type Target } from "./order.ts";
import { sayOrder } from "./say-order.ts";
import type { StateFile } from "./state-file.ts";

export interface DeskOptions {
  readonly log: Logger;
  readonly file: Pick<StateFile, "path" | "load" | "save">;
  /** Others hold from now on than before. */
  readonly onChange: (book: OrderBook, before: OrderBook) => void;
  /** Connections that are open to the rows of a target; undefined: the table can not tell. */
  readonly openConnections: (target: Target) => Promise<number | undefined>;
  /** Epoch milliseconds, by the wall clock. */
  readonly now?: () => number;
}

/** An order that was given or taken back. */
export interface Done {
  readonly orders: readonly Order[];
  /** Why it would not survive a restart; absent when it would. */
  readonly unsaved?: string;
}

const lookEveryMs = 1_000;
/** A target without connections is looked at once more: one may have been under way. */
const idleLooks = 2;
/** How long before its end a maintenance is told of, at the earliest; and never in its first half. */
const remindMs = 5 * 60_000;

/** Takes orders, keeps them in the file, and ends them when their time has come. */
export class OrderDesk {
  readonly #options: DeskOptions;
  readonly #now: () => number;
  #book = new OrderBook();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  /** By the drain's id: how many connections were open when last looked at, and how often in a row none. */
  readonly #draining = new Map<number, { left: number | undefined; idle: number }>();

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  get book(): OrderBook {
    return this.#book;
  }

  /** Those of the run before, before anything else begins. Never rejects. */
  async open(): Promise<OrderBook> {
    const { log, file } = this.#options;
    try {
      const { book, setAside } = await file.load(this.#now());
      if (setAside !== undefined) log.event("orders-set-aside", { path: file.path, ...setAside });
      this.#book = book;
      for (const order of book.orders) {
        log.event("order-resumed", { order: sayOrder(order), by: order.by.name });
      }
    } catch (error) {
      log.event("orders-unreadable", { path: file.path, cause: messageOf(error) });
    }
    return this.#book;
  }

  /** From now on orders end by themselves. */
  start(): void {
    this.#arm();
  }

  async give(order: NewOrder): Promise<Done> {
    const book = this.#book.with(order);
    const given = book.orders.at(-1);
    if (given === undefined) return { orders: [] };
    this.#options.log.event("order-given", { order: sayOrder(given), by: given.by.name });
    return { orders: [given], ...(await this.#take(book)) };
  }

  /** @param target in the words of the order; undefined: every order of the kind */
  async takeBack(kind: OrderKind, target: Target | undefined, by: Asker): Promise<Done> {
    const orders =
      target === undefined
        ? this.#book.orders.filter((order) => order.kind === kind)
        : this.#book.ofTarget(kind, target);
    if (orders.length === 0) return { orders };
    for (const order of orders) {
      this.#options.log.event("order-taken-back", { order: sayOrder(order), by: by.name });
    }
    return {
      orders,
      ...(await this.#take(this.#book.without(new Set(orders.map(({ id }) => id))))),
    };
  }

  /** Connections open to what a drain is about, as last seen. */
  leftOf(id: number): number | undefined {
    return this.#draining.get(id)?.left;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #take(book: OrderBook): Promise<Pick<Done, "unsaved">> {
    const { file, log, onChange } = this.#options;
    const before = this.#book;
    this.#book = book;
    for (const id of this.#draining.keys()) {
      if (!book.orders.some((order) => order.id === id)) this.#draining.delete(id);
    }
    onChange(book, before);
    this.#arm();
    try {
      await file.save(book, this.#now());
      return {};
    } catch (error) {
      const unsaved = messageOf(error);
      log.event("orders-unsaved", { path: file.path, cause: unsaved });
      return { unsaved };
    }
  }

  /** The next look; one that waits already, or is under way, is not put off by another order. */
  #arm(): void {
    if (this.#isStopped || this.#timer !== undefined) return;
    if (!this.#book.orders.some((order) => endOf(order) !== undefined)) return;
    this.#timer = setTimeout(() => void this.#look(), lookEveryMs);
  }

  async #look(): Promise<void> {
    for (const order of this.#book.orders) {
      if (this.#isStopped) return;
      // Taken back while another one was looked at.
      if (!this.#book.orders.includes(order)) continue;
      if (order.kind === "drain" && order.ended === undefined) await this.#lookAtDrain(order);
      else await this.#lookAtEnd(order);
    }
    this.#timer = undefined;
    this.#arm();
  }

  async #lookAtEnd(order: Order): Promise<void> {
    const end = endOf(order);
    const now = this.#now();
    if (end === undefined) return;
    if (now >= end) {
      this.#options.log.event("order-over", { order: sayOrder(order), by: order.by.name });
      await this.#take(this.#book.without(new Set([order.id])));
    } else if (order.kind === "maintenance" && order.isReminded !== true) {
      if (end - now > Math.min(remindMs, (end - order.at) / 2)) return;
      const minutes = Math.max(1, Math.round((end - now) / 60_000));
      this.#options.log.event("maintenance-ends-soon", { order: sayOrder(order), minutes });
      await this.#take(this.#book.withState({ ...order, isReminded: true }));
    }
  }

  async #lookAtDrain(order: DrainOrder): Promise<void> {
    const left = await this.#options.openConnections(order.target).catch(() => undefined);
    const idle = left === 0 ? (this.#draining.get(order.id)?.idle ?? 0) + 1 : 0;
    // Taken back while it was looked at, or the daemon ends.
    if (this.#isStopped || !this.#book.orders.includes(order)) return;
    this.#draining.set(order.id, { left, idle });
    const at = this.#now();
    const isOver = at >= order.deadline;
    if (!isOver && idle < idleLooks) return;
    const cause = idle >= idleLooks ? "idle" : "deadline";
    const ended = { at, cause, ...(left !== undefined && { left }) } as const;
    const [target, open] = [describeTarget(order.target), left ?? "unknown"];
    this.#options.log.event("drain-ended", {
      target,
      cause,
      left: String(open),
      atEnd: order.atEnd,
    });
    await this.#take(this.#book.withState({ ...order, ended }));
  }
}
