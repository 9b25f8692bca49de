/** Orders for tests: of root, at 1000. */
import type { Asker } from "../../../src/model/asker.ts";
import type { NewOrder } from "../../../src/orders/book.ts";
import type { Target } from "../../../src/orders/order.ts";
import { endpoint } from "../../support/builders.ts";

export const root: Asker = { uid: 0, pid: 7, name: "root" };

/** `10.0.0.3:80`, `10.0.0.3`, `10.0.0.3:80 in tcp:10.0.0.1:80`, `in 10.0.0.1:80` */
export function target(text: string): Target {
  const [server = "", virtual] = text.split(/ ?\bin /);
  const real = server.includes(":") ? endpoint(server) : { address: server };
  return { ...(server !== "" && { real }), ...(virtual !== undefined && { virtual }) };
}

const common = (of: string) => ({ target: target(of), at: 1_000, by: root });

type More<K extends NewOrder["kind"]> = Partial<Extract<NewOrder, { kind: K }>>;

export const drain = (of: string, more: More<"drain"> = {}): NewOrder => ({
  ...common(of),
  kind: "drain",
  deadline: 61_000,
  atEnd: "stay",
  ...more,
});

export const maintenance = (of: string, more: More<"maintenance"> = {}): NewOrder => ({
  ...common(of),
  kind: "maintenance",
  ...more,
});

export const weight = (of: string, number: number, more: More<"weight"> = {}): NewOrder => ({
  ...common(of),
  kind: "weight",
  weight: number,
  ...more,
});
