import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeTarget, type NewOrder, OrderBook } from "../../../src/orders/book.ts";
import { isAbout } from "../../../src/orders/order.ts";
import { endpoint } from "../../support/builders.ts";
import { drain, maintenance, root, target, weight } from "./orders.ts";

const web = "tcp:10.0.0.1:80";
const shop = "tcp:10.0.0.2:80";
const A = endpoint("10.0.0.3:80");

const bookOf = (...orders: readonly NewOrder[]): OrderBook =>
  orders.reduce((book, order) => book.with(order), new OrderBook());

describe("a book", () => {
  test("is a value: what is added, replaced or left out is in another one", () => {
    const empty = new OrderBook();
    const one = empty.with(drain("10.0.0.3:80"));
    const none = one.without(new Set([1]));
    expect([empty, one, none].map(({ orders }) => orders.length)).toEqual([0, 1, 0]);
  });

  test("numbers its orders, and gives no number twice while it lasts", () => {
    const book = bookOf(drain("10.0.0.3:80"), drain("10.0.0.4:80"))
      .without(new Set([2]))
      .with(drain("10.0.0.5:80"));
    expect(book.orders.map(({ id }) => id)).toEqual([1, 3]);
    expect(new OrderBook(book.orders).nextId).toBe(4);
  });

  test("has one order of a kind for the same target: the newer one", () => {
    const book = bookOf(
      weight("10.0.0.3:80", 1),
      weight("10.0.0.3", 2),
      weight(`10.0.0.3:80 in ${web}`, 3),
      drain("10.0.0.3:80"),
      weight("10.0.0.3:80", 4),
    );
    expect(book.orders.map((order) => (order.kind === "weight" ? order.weight : "drain"))).toEqual([
      2,
      3,
      "drain",
      4,
    ]);
  });

  test("takes a newer state of an order that it has, in its place, and of no other", () => {
    const book = bookOf(drain("10.0.0.3:80"), drain("10.0.0.4:80"));
    const [first] = book.orders;
    if (first?.kind !== "drain") throw new Error("no drain");
    const ended = { ...first, ended: { at: 9, cause: "idle" } as const };
    expect(book.withState(ended).orders[0]).toBe(ended);
    expect(book.without(new Set([1])).withState(ended).orders).toHaveLength(1);
  });
});

describe("of several orders for one row the most exact one counts", () => {
  const orders = [
    weight(`in ${web}`, 1),
    weight("10.0.0.3", 2),
    weight("10.0.0.3:80", 3),
    weight(`10.0.0.3:80 in ${web}`, 4),
  ];

  test.for([1, 2, 3, 4])("the first %i of them", (count) => {
    const some = orders.slice(0, count);
    for (const given of [some, some.toReversed()]) {
      expect(bookOf(...given).steering(web, A)).toEqual({ kind: "weight", weight: count });
    }
  });

  test("the newer one of two that are equally exact", () => {
    const [byPort, byService] = [weight("10.0.0.3:80", 5), weight(`10.0.0.3 in ${web}`, 6)];
    expect(bookOf(byPort, byService).steering(web, A)).toMatchObject({ weight: 6 });
    expect(bookOf(byService, byPort).steering(web, A)).toMatchObject({ weight: 5 });
  });
});

test.for<[of: string, isMeant: boolean]>([
  ["10.0.0.3:80", true],
  ["10.0.0.3", true],
  ["10.0.0.3:81", false],
  ["10.0.0.30:80", false],
  [`in ${web}`, true],
  ["in 10.0.0.1:80", true],
  [`in ${shop}`, false],
  ["in udp:10.0.0.1:80", false],
  [`10.0.0.3:80 in ${web}`, true],
  ["10.0.0.3 in 10.0.0.1:80", true],
  [`10.0.0.3:80 in ${shop}`, false],
  [`10.0.0.4 in ${web}`, false],
])("an order for %s is about 10.0.0.3:80 of tcp:10.0.0.1:80: %s", ([of, isMeant]) => {
  const book = bookOf(maintenance(of, { reason: "new disk" }));
  expect(book.about(web, A)).toHaveLength(isMeant ? 1 : 0);
  expect(book.hold(web, A)).toBe(isMeant ? "ldirectorctl by root: new disk" : undefined);
});

test("an order for nothing at all is about nothing", () => {
  expect(isAbout({}, web, A)).toBe(false);
});

describe("steering", () => {
  test("maintenance is no steering, and holds beside it", () => {
    const book = bookOf(maintenance("10.0.0.3"), weight("10.0.0.3", 5));
    expect(book.steering(web, A)).toEqual({ kind: "weight", weight: 5 });
    expect(book.hold(web, A)).toBe("ldirectorctl by root");
  });

  test("a drain comes before a weight, however exact that is", () => {
    const book = bookOf(drain("10.0.0.3"), weight(`10.0.0.3:80 in ${web}`, 5));
    expect(book.steering(web, A)).toEqual({ kind: "drain", isRemoved: false });
  });

  test.for([
    ["stay", undefined, false],
    ["remove", undefined, false],
    ["stay", { at: 9, cause: "idle" }, false],
    ["remove", { at: 9, cause: "idle" }, true],
  ] as const)(
    "a drain with --then %s and the end %j takes the row away: %s",
    ([atEnd, ended, isRemoved]) => {
      const order = drain("10.0.0.3:80", { atEnd, ...(ended && { ended }) });
      expect(bookOf(order).steering(web, A)).toEqual({ kind: "drain", isRemoved });
    },
  );
});

test.for(["10.0.0.3:80", "10.0.0.3", "[fd00::1]:80", `10.0.0.3:80 in ${web}`])(
  "the target %s is said as it was",
  (text) => {
    expect(describeTarget(target(text))).toBe(text);
  },
);

/** Few of each, so that they meet. */
const anyOrder = fc
  .record({
    of: fc.constantFrom("10.0.0.3:80", "10.0.0.3", `10.0.0.3:80 in ${web}`, `in ${web}`),
    by: fc.constantFrom(root, { ...root, name: "alice" }),
    make: fc.constantFrom(drain, maintenance, (of: string) => weight(of, 3)),
  })
  .map(({ of, by, make }) => ({ ...make(of), by }) as NewOrder);

test("whatever is ordered: of each kind one order at most for a row, and it is one of those about it", () => {
  fc.assert(
    fc.property(fc.array(anyOrder, { maxLength: 12 }), (given) => {
      const book = bookOf(...given);
      const about = book.about(web, A);
      expect(new Set(about.map(({ kind }) => kind)).size).toBe(about.length);
      for (const order of about) expect(isAbout(order.target, web, A)).toBe(true);
      const kinds = new Set(book.orders.map(({ kind }) => kind));
      expect(new Set(about.map(({ kind }) => kind))).toEqual(kinds);
    }),
  );
});
