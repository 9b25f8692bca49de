import type { OrdersView, Steering } from "../health/view.ts";
import { type Endpoint, formatEndpoint } from "../model/address.ts";
import {
  exactness,
  isAbout,
  type Order,
  type OrderKind,
  sameTarget,
  type Target,
} from "./order.ts";

/** An order without what the book gives it. */
export type NewOrder = Order extends infer O ? (O extends Order ? Omit<O, "id"> : never) : never;

/** The orders that hold. A value: each change makes another book. */
export class OrderBook implements OrdersView {
  readonly orders: readonly Order[];
  readonly #nextId: number;
  /** By the server's address, where they name one; "" for those of a whole service. */
  readonly #byAddress = new Map<string, Order[]>();

  constructor(orders: readonly Order[] = [], nextId = 1) {
    this.orders = orders;
    this.#nextId = Math.max(nextId, ...orders.map(({ id }) => id + 1));
    for (const order of orders) {
      const address = order.target.real?.address ?? "";
      const beside = this.#byAddress.get(address);
      if (beside === undefined) this.#byAddress.set(address, [order]);
      else beside.push(order);
    }
  }

  get nextId(): number {
    return this.#nextId;
  }

  /** In place of one of the same kind for the same target. */
  with(order: NewOrder): OrderBook {
    const others = this.orders.filter(
      ({ kind, target }) => kind !== order.kind || !sameTarget(target, order.target),
    );
    return new OrderBook([...others, { ...order, id: this.#nextId }], this.#nextId + 1);
  }

  /** With a newer state of one of its orders. */
  withState(order: Order): OrderBook {
    return new OrderBook(
      this.orders.map((each) => (each.id === order.id ? order : each)),
      this.#nextId,
    );
  }

  without(ids: ReadonlySet<number>): OrderBook {
    return new OrderBook(
      this.orders.filter(({ id }) => !ids.has(id)),
      this.#nextId,
    );
  }

  /** Those of a kind that are for this target, in these words. */
  ofTarget(kind: OrderKind, target: Target): readonly Order[] {
    return this.orders.filter((order) => order.kind === kind && sameTarget(order.target, target));
  }

  /** All that are about one row; of each kind the one that counts. @param real as the file writes it */
  about(serviceId: string, real: Endpoint): readonly Order[] {
    if (this.orders.length === 0) return none;
    const best = new Map<OrderKind, Order>();
    for (const address of [real.address, ""]) {
      for (const order of this.#byAddress.get(address) ?? none) {
        if (!isAbout(order.target, serviceId, real)) continue;
        const rival = best.get(order.kind);
        if (rival === undefined || exactness(order.target) >= exactness(rival.target)) {
          best.set(order.kind, order);
        }
      }
    }
    return [...best.values()];
  }

  /** What holds it out, in words, as an order for maintenance does. */
  hold(serviceId: string, real: Endpoint): string | undefined {
    const order = this.about(serviceId, real).find(({ kind }) => kind === "maintenance");
    return order && labelOf(order);
  }

  /** What has the say over its weight. */
  steering(serviceId: string, real: Endpoint): Steering | undefined {
    const about = this.about(serviceId, real);
    const drain = about.find(({ kind }) => kind === "drain");
    if (drain?.kind === "drain") {
      return { kind: "drain", isRemoved: drain.ended !== undefined && drain.atEnd === "remove" };
    }
    const weight = about.find(({ kind }) => kind === "weight");
    return weight?.kind === "weight" ? { kind: "weight", weight: weight.weight } : undefined;
  }
}

const none: readonly Order[] = [];

/** `ldirectorctl by alice: new disk` */
const labelOf = ({ by, reason }: Pick<Order, "by" | "reason">): string =>
  `ldirectorctl by ${by.name}${reason === undefined ? "" : `: ${reason}`}`;

/** `10.0.0.3:80 in tcp:10.0.0.1:80`: as it was said. */
export function describeTarget({ real, virtual }: Target): string {
  if (real === undefined) return String(virtual);
  const server =
    real.port === undefined
      ? real.address
      : formatEndpoint({ address: real.address, port: real.port });
  return virtual === undefined ? server : `${server} in ${virtual}`;
}
