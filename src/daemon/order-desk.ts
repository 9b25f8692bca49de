import type { Supervisor } from "../health/supervisor.ts";
import type { Ipvs } from "../ipvs/ipvs.ts";
import type { Logger } from "../log/logger.ts";
import { formatEndpoint } from "../model/address.ts";
import { serviceId, type VirtualService } from "../model/virtual-service.ts";
import { OrderBook } from "../orders/book.ts";
import { OrderDesk } from "../orders/desk.ts";
import type { Order, Target } from "../orders/order.ts";
import type { StateFile } from "../orders/state-file.ts";
import { type Pair, pairsOf } from "../orders/target.ts";
import type { Reconciler } from "../reconcile/reconciler.ts";
import { tableEndpoint } from "../reconcile/rows.ts";

export interface DeskParts {
  readonly log: Logger;
  /** Without it, orders end with the daemon. */
  readonly file: StateFile | undefined;
  readonly ipvs: Pick<Ipvs, "counters">;
  readonly supervisor: Pick<Supervisor, "follow">;
  readonly reconciler: () => Pick<Reconciler, "steer">;
  /** Those of the configuration that runs. */
  readonly virtuals: () => readonly VirtualService[];
}

/** Orders, and all that follows them in this daemon. */
export function createOrderDesk(parts: DeskParts): OrderDesk {
  const { log, file = inMemory, ipvs, supervisor } = parts;
  return new OrderDesk({
    log,
    file,
    onChange: (book, before) => {
      const changed = [...onlyIn(before, book), ...onlyIn(book, before)];
      supervisor.follow(book);
      for (const [id, rows] of rowsOf(changed, parts.virtuals()))
        parts.reconciler().steer(id, rows);
    },
    openConnections: (target) => openConnections(pairsOf(target, parts.virtuals()), ipvs),
  });
}

const inMemory: Pick<StateFile, "path" | "load" | "save"> = {
  path: "nowhere",
  load: async () => ({ book: new OrderBook() }),
  save: async () => {},
};

const onlyIn = (here: OrderBook, there: OrderBook): readonly Order[] =>
  here.orders.filter((order) => !there.orders.includes(order));

/** By `serviceId`, the rows that orders are about, as `formatEndpoint` writes the kernel's endpoint. */
function rowsOf(
  orders: readonly { readonly target: Target }[],
  virtuals: readonly VirtualService[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const rows = new Map<string, Set<string>>();
  for (const { target } of orders) {
    for (const { virtual, real } of pairsOf(target, virtuals)) {
      const id = serviceId(virtual.key);
      const text = formatEndpoint(tableEndpoint(virtual.key, real));
      const known = rows.get(id);
      if (known === undefined) rows.set(id, new Set([text]));
      else known.add(text);
    }
  }
  return rows;
}

async function openConnections(
  pairs: readonly Pair[],
  ipvs: Pick<Ipvs, "counters">,
): Promise<number> {
  if (pairs.length === 0) return 0;
  const wanted = new Set(
    pairs.map(({ virtual, real }) =>
      rowName(serviceId(virtual.key), tableEndpoint(virtual.key, real)),
    ),
  );
  const keys = new Map(pairs.map(({ virtual }) => [serviceId(virtual.key), virtual.key]));
  let open = 0;
  for (const { key, dests } of await ipvs.counters([...keys.values()])) {
    for (const { endpoint, activeConns } of dests) {
      if (wanted.has(rowName(serviceId(key), endpoint))) open += activeConns;
    }
  }
  return open;
}

const rowName = (id: string, row: Pair["real"]["endpoint"]): string =>
  `${id} ${formatEndpoint(row)}`;
