import * as v from "valibot";
import type { NewOrder } from "../../orders/book.ts";
import type { Done } from "../../orders/desk.ts";
import type { OrderKind, Target } from "../../orders/order.ts";
import { findTarget, pairsOf } from "../../orders/target.ts";
import type { Director } from "../director.ts";
import { Refusal, route, value } from "../route.ts";

const text = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200));
const what = v.pipe(
  text,
  v.description("a real server, 10.0.0.3:80 or 10.0.0.3 for every port; or a virtual service"),
);
const virtual = v.optional(v.pipe(text, v.description("only in this virtual service")));
const reason = v.optional(v.pipe(text, v.description("shown wherever the order is")));
const yearSec = 366 * 24 * 3600;
const seconds = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(1),
  v.maxValue(yearSec),
  v.description("seconds, a year at most"),
);
const weight = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535));

interface Asked {
  readonly what: string;
  readonly virtual?: string | undefined;
}

/** @throws Refusal when nothing of the configuration is meant */
function targetIn(director: Director, asked: Asked): Target {
  const found = findTarget(asked, director.virtuals(), director.addressOf);
  if (!found.ok) throw new Refusal(404, found.error);
  return found.value;
}

/** @throws Refusal as targetIn; when it is a virtual service */
function realIn(director: Director, asked: Asked): Target {
  const target = targetIn(director, asked);
  if (target.real === undefined)
    throw new Refusal(400, `${asked.what} is a virtual service: name a real server`);
  return target;
}

/** More are a script that forgets to take them back. */
const maxOrders = 5_000;

async function give(director: Director, order: NewOrder) {
  if (director.orders.book.orders.length >= maxOrders) {
    throw new Refusal(409, `there are ${maxOrders} orders: take some back`);
  }
  return answer(director, await director.orders.give(order));
}

function answer(director: Director, { orders, unsaved }: Done) {
  director.outdateSnapshot();
  return value({
    orders: orders.map((order) => ({
      ...order,
      servers: pairsOf(order.target, director.virtuals()).length,
    })),
    ...(unsaved !== undefined && { unsaved }),
  });
}

const orderAnswer =
  "orders: those that were given or taken back, each with servers, how many rows it is about; unsaved: why it would not survive a restart";

/** Takes an order back; a request that says neither what nor all is a slip. */
const takeBack = (kind: OrderKind, path: `/v1/${string}`, summary: string) =>
  route({
    method: "POST",
    path,
    summary,
    body: v.pipe(
      v.strictObject({
        what: v.optional(what),
        virtual,
        all: v.optional(v.pipe(v.literal(true), v.description("every order of the kind"))),
      }),
      v.check((body) => (body.what === undefined) === (body.all === true), "say what, or all"),
    ),
    answer: orderAnswer,
    run: async (director, { body, asker }) => {
      const target =
        body.what === undefined
          ? undefined
          : targetIn(director, { what: body.what, virtual: body.virtual });
      const done = await director.orders.takeBack(kind, target, asker);
      if (done.orders.length === 0) throw new Refusal(404, `there is no such order`);
      return answer(director, done);
    },
  });

export const orderRoutes = [
  route({
    method: "GET",
    path: "/v1/orders",
    summary: "the orders that hold",
    answer:
      "orders: each with servers, how many rows it is about, and left, the connections open to a drain's",
    run: (director) =>
      value({
        orders: director.orders.book.orders.map((order) => {
          const left = director.orders.leftOf(order.id);
          const servers = pairsOf(order.target, director.virtuals()).length;
          return { ...order, servers, ...(left !== undefined && { left }) };
        }),
      }),
  }),
  route({
    method: "POST",
    path: "/v1/drain",
    summary: "no new connections, until there are none or the deadline has come",
    body: v.strictObject({
      what,
      virtual,
      deadlineSec: seconds,
      atEnd: v.optional(v.picklist(["stay", "remove"]), "stay"),
      reason,
    }),
    answer: orderAnswer,
    run: (director, { body, asker }) => {
      const at = Date.now();
      return give(director, {
        kind: "drain",
        target: realIn(director, body),
        at,
        by: asker,
        deadline: at + body.deadlineSec * 1000,
        atEnd: body.atEnd,
        ...(body.reason !== undefined && { reason: body.reason }),
      });
    },
  }),
  takeBack("drain", "/v1/undrain", "takes a drain back, or all"),
  route({
    method: "POST",
    path: "/v1/maintenance",
    summary: "out, and not checked, as by a file in maintenancedir; alerts are silent",
    body: v.strictObject({ what, virtual, forSec: v.optional(seconds), reason }),
    answer: orderAnswer,
    run: (director, { body, asker }) => {
      const at = Date.now();
      return give(director, {
        kind: "maintenance",
        target: targetIn(director, body),
        at,
        by: asker,
        ...(body.forSec !== undefined && { until: at + body.forSec * 1000 }),
        ...(body.reason !== undefined && { reason: body.reason }),
      });
    },
  }),
  takeBack("maintenance", "/v1/maintenance/off", "ends a maintenance that was ordered, or all"),
  route({
    method: "POST",
    path: "/v1/weight",
    summary: "another weight than the file's",
    body: v.strictObject({ what, virtual, weight, forSec: v.optional(seconds), reason }),
    answer: orderAnswer,
    run: (director, { body, asker }) => {
      const at = Date.now();
      return give(director, {
        kind: "weight",
        target: realIn(director, body),
        at,
        by: asker,
        weight: body.weight,
        ...(body.forSec === undefined
          ? { isUntilRestart: true }
          : { until: at + body.forSec * 1000 }),
        ...(body.reason !== undefined && { reason: body.reason }),
      });
    },
  }),
  takeBack("weight", "/v1/weight/reset", "the file's weight again, of one or of all"),
];
