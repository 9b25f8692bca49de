import * as v from "valibot";
import { readVersioned } from "../files/versioned.ts";
import { OrderBook } from "./book.ts";
import type { Order } from "./order.ts";

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const line = v.pipe(v.string(), v.maxLength(1000));

const common = {
  id: whole,
  target: v.strictObject({
    real: v.optional(
      v.strictObject({
        address: v.pipe(v.string(), v.ip()),
        port: v.optional(v.pipe(whole, v.maxValue(65_535))),
      }),
    ),
    virtual: v.optional(line),
  }),
  at: whole,
  by: v.strictObject({
    uid: v.pipe(v.number(), v.integer()),
    pid: v.pipe(v.number(), v.integer()),
    name: line,
  }),
  reason: v.optional(line),
};

const orderSchema = v.variant("kind", [
  v.strictObject({
    ...common,
    kind: v.literal("maintenance"),
    until: v.optional(whole),
    isReminded: v.optional(v.boolean()),
  }),
  v.strictObject({
    ...common,
    kind: v.literal("drain"),
    deadline: whole,
    atEnd: v.picklist(["stay", "remove"]),
    ended: v.optional(
      v.strictObject({
        at: whole,
        cause: v.picklist(["idle", "deadline"]),
        left: v.optional(whole),
      }),
    ),
  }),
  v.strictObject({
    ...common,
    kind: v.literal("weight"),
    weight: v.pipe(whole, v.maxValue(65_535)),
    until: v.optional(whole),
    isUntilRestart: v.optional(v.boolean()),
  }),
]);

const stateSchema = v.strictObject({
  version: v.literal(1),
  savedAt: whole,
  nextId: whole,
  orders: v.pipe(v.array(orderSchema), v.maxLength(10_000)),
});

/**
 * The orders of a state file, less those that end with a restart.
 * @param now epoch milliseconds
 * @throws Error when any part of it is not as we write it
 */
export function readState(text: string, now: number): OrderBook {
  const { nextId, orders } = readVersioned(stateSchema, text, now);
  const lasting = (orders as readonly Order[]).filter(
    (order) => !(order.kind === "weight" && order.isUntilRestart === true),
  );
  return new OrderBook(lasting, nextId);
}
