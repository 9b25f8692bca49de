import { printable } from "../model/one-line.ts";
import { describeTarget } from "../orders/book.ts";
import type { Order } from "../orders/order.ts";
import type { Screen } from "./screen.ts";

/** What the daemon answers when an order was given or taken back. */
export interface Done {
  readonly orders: readonly (Order & { readonly servers: number; readonly left?: number })[];
  readonly unsaved?: string;
}

/** Says what was done; that it would not outlast a restart is told apart. @param verb `drained` */
export function sayDone(
  screen: Screen,
  { orders, unsaved }: Done,
  say: (order: Order) => string,
): void {
  for (const order of orders) {
    const rows = `${order.servers} ${order.servers === 1 ? "row" : "rows"}`;
    screen.out(`${printable(describeTarget(order.target))} (${rows}): ${say(order)}\n`);
  }
  if (unsaved !== undefined) {
    screen.err(`it holds, but would not survive a restart: ${printable(unsaved)}\n`);
  }
}
