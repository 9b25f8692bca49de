import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { canonicalAddress } from "../../../src/model/address.ts";
import { type NewOrder, OrderBook } from "../../../src/orders/book.ts";
import { readState } from "../../../src/orders/state.ts";
import { StateFile } from "../../../src/orders/state-file.ts";
import { drain, maintenance, root, weight } from "./orders.ts";

const now = 1_800_000_000_000;
const dayMs = 24 * 3600 * 1000;
let folder = "";
let file: StateFile;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "orders-"));
  file = new StateFile(join(folder, "state"), "web.cf");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bookOf = (...orders: readonly NewOrder[]): OrderBook =>
  orders.reduce((book, order) => book.with(order), new OrderBook());

const some = bookOf(
  maintenance("10.0.0.3", { until: now + dayMs, isReminded: true, reason: "new disk" }),
  drain("[fd00::2]:80 in tcp:[fd00::1]:80", { ended: { at: 5, cause: "deadline", left: 3 } }),
  weight("10.0.0.4:80", 7, { until: now + dayMs }),
  maintenance("in fwm:5"),
);
const setAside = () => `${file.path}.set-aside`;

/** A file as we write it, with one thing that is not. */
function write(change: (state: Record<string, unknown>) => unknown): void {
  const state = { version: 1, savedAt: now, nextId: some.nextId, orders: some.orders };
  mkdirSync(join(folder, "state"), { recursive: true });
  writeFileSync(file.path, JSON.stringify(change(structuredClone(state))));
}

test("what is saved is there again, to the last word", async () => {
  await file.save(some, now);
  const { book, setAside } = await file.load(now);
  expect(setAside).toBeUndefined();
  expect(book.orders).toEqual(some.orders);
  expect(book.nextId).toBe(some.nextId);
});

test("it is its owner's alone, and nothing else lies beside it", async () => {
  await file.save(some, now);
  expect(statSync(file.path).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, "state")).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(folder, "state"))).toEqual(["web.cf.json"]);
});

test("without orders there is no file, before the first and after the last", async () => {
  await file.save(new OrderBook(), now);
  expect(existsSync(join(folder, "state"))).toBe(false);
  expect(await file.load(now)).toEqual({ book: new OrderBook() });
  await file.save(some, now);
  await file.save(new OrderBook(), now);
  expect(existsSync(file.path)).toBe(false);
});

test("of many saves at once the last one stays", async () => {
  const books = Array.from({ length: 20 }, (_, i) =>
    bookOf(weight("10.0.0.3:80", i, { until: now })),
  );
  await Promise.all(books.map((book) => file.save(book, now)));
  expect((await file.load(now)).book.orders).toMatchObject([{ weight: 19 }]);
});

test("torn at any byte it is set aside, and no order in it is obeyed", async () => {
  await file.save(some, now);
  const whole = readFileSync(file.path);
  // The line's end is no part of it.
  for (let bytes = 0; bytes < whole.length - 1; bytes++) {
    writeFileSync(file.path, whole.subarray(0, bytes));
    const found = await file.load(now);
    expect(found.book.orders, `${bytes} bytes`).toEqual([]);
    expect(found.setAside?.to).toBe(setAside());
  }
  expect(readFileSync(setAside())).toEqual(whole.subarray(0, -2));
  expect(existsSync(file.path)).toBe(false);
});

test("with any byte changed it is as it was saved, or set aside, or says another thing whole", async () => {
  await file.save(some, now);
  const whole = readFileSync(file.path);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(whole.length - 1),
      fc.integer({ min: 0, max: 255 }),
      async (at, byte) => {
        const changed = Buffer.from(whole);
        changed[at] = byte;
        writeFileSync(file.path, changed);
        const { book, setAside } = await file.load(now);
        expect(book.orders).toHaveLength(setAside === undefined ? some.orders.length : 0);
      },
    ),
    { numRuns: 500 },
  );
});

test.for<[name: string, change: (state: Record<string, unknown>) => unknown, cause: string]>([
  ["a key that we do not write", (state) => ({ ...state, more: 1 }), "more: "],
  [
    "such a key of an order",
    (state) => ({ ...state, orders: [{ ...some.orders[0], colour: "red" }] }),
    "orders.0.colour: ",
  ],
  [
    "a later version",
    (state) => ({ ...state, version: 2 }),
    "it is of version 2, this program knows 1",
  ],
  [
    "a later version that has all else in another place",
    () => ({ version: 3, book: [] }),
    "it is of version 3, this program knows 1",
  ],
  ["no version", ({ version: _, ...state }) => state, "version: "],
  [
    "a day that is yet to come",
    (state) => ({ ...state, savedAt: now + dayMs + 1 }),
    "it was written at a time that is yet to come",
  ],
  [
    "another kind of order",
    (state) => ({ ...state, orders: [{ ...some.orders[0], kind: "reboot" }] }),
    "orders.0.kind: ",
  ],
  [
    "a name for an address",
    (state) => ({
      ...state,
      orders: [{ ...some.orders[0], target: { real: { address: "web3" } } }],
    }),
    "orders.0.target.real.address: ",
  ],
  [
    "too much weight",
    (state) => ({ ...state, orders: [{ ...some.orders[2], weight: 65_536 }] }),
    "orders.0.weight: ",
  ],
  ["a list", () => [], ""],
  ["null", () => null, ""],
  ["a number", () => 5, ""],
])("with %s it is set aside as a whole", async ([, change, cause]) => {
  write(change);
  const { book, setAside: why } = await file.load(now);
  expect(book.orders).toEqual([]);
  expect(why?.to).toBe(setAside());
  expect(why?.cause.slice(0, cause.length)).toBe(cause);
  expect(existsSync(setAside())).toBe(true);
  // The next start has nothing to say of it.
  expect(await file.load(now)).toEqual({ book: new OrderBook() });
});

test("a clock that is a little behind, or was put back, sets nothing aside", async () => {
  await file.save(some, now);
  expect((await file.load(now - dayMs)).book.orders).toHaveLength(4);
  expect((await file.load(now + 1_000 * dayMs)).book.orders).toHaveLength(4);
});

test("weights until the next start end with it, and the numbers go on", async () => {
  const book = some.with(weight("10.0.0.5:80", 1, { isUntilRestart: true }));
  await file.save(book, now);
  const { orders, nextId } = (await file.load(now)).book;
  expect(orders).toEqual(some.orders);
  expect(nextId).toBe(book.nextId);
});

test("a file larger than any of ours is set aside unread", async () => {
  write(() => ({}));
  truncateSync(file.path, 33 * 1024 * 1024);
  expect((await file.load(now)).setAside?.cause).toMatch(/^it has more than \d+ bytes$/);
});

// With 1 MiB the orders of a large site were set aside at the next start.
test("as many orders as are taken, with the longest words, are there again", async () => {
  const reason = "\u0001".repeat(200);
  const orders = Array.from({ length: 5_000 }, (_, i) => ({
    ...drain("10.0.0.3:80", { reason, by: { ...root, name: "a".repeat(32) } }),
    id: i + 1,
    target: { real: { address: `fd00::${i.toString(16)}`, port: 80 }, virtual: "x".repeat(200) },
  }));
  await file.save(new OrderBook(orders as never), now);
  expect((await file.load(now)).book.orders).toHaveLength(5_000);
});

test("every address that a target may have is one that is read again", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const address = canonicalAddress(text) ?? "";
      const orders = [{ ...maintenance("10.0.0.3"), id: 1, target: { real: { address } } }];
      const state = JSON.stringify({ version: 1, savedAt: now, nextId: 2, orders });
      expect(readState(state, now).orders).toHaveLength(1);
    }),
  );
});

test("a folder that is a file is an error of the system: nothing is set aside", async () => {
  writeFileSync(join(folder, "state"), "mine");
  await expect(file.load(now)).rejects.toThrow("ENOTDIR");
  await expect(file.save(some, now)).rejects.toThrow(/EEXIST|ENOTDIR/);
  // The next one is tried all the same.
  rmSync(join(folder, "state"));
  await file.save(some, now);
  expect((await file.load(now)).book.orders).toHaveLength(4);
});

test.skipIf(process.getuid?.() === 0)(
  "a folder that may not be read is one, too (root may read all)",
  async () => {
    await file.save(some, now);
    chmodSync(join(folder, "state"), 0);
    await expect(file.load(now)).rejects.toThrow("EACCES");
    chmodSync(join(folder, "state"), 0o700);
  },
);
