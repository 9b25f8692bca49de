import fc from "fast-check";
import { expect, test } from "vitest";
import { limitsFor, openFileLimit } from "../../src/health/limits.ts";
import { Slots, type Ticket } from "../../src/health/slots.ts";

test("who waits, waits in order", () => {
  const slots = new Slots({ underWay: 1, perTarget: 1 });
  const order: string[] = [];
  const tickets = ["a", "b", "c"].map((name) => slots.take(name, false, () => order.push(name)));
  expect([order.join(""), slots.underWay, slots.waiting]).toEqual(["a", 1, 2]);
  tickets[0]?.release();
  tickets[1]?.release();
  expect([order.join(""), slots.underWay, slots.waiting]).toEqual(["abc", 1, 0]);
});

test("a crowd before one address stands in nobody else's way", () => {
  const slots = new Slots({ underWay: 10, perTarget: 2 });
  const started: string[] = [];
  for (let i = 0; i < 20; i++) slots.take("dead", false, () => started.push("dead"));
  slots.take("alive", false, () => started.push("alive"));
  expect(started).toEqual(["dead", "dead", "alive"]);
});

test("servers that fail slowly never hold all the slots", () => {
  const slots = new Slots({ underWay: 8, perTarget: 8 });
  const started: string[] = [];
  for (let i = 0; i < 50; i++) slots.take(`dead ${i}`, true, () => started.push("dead"));
  for (let i = 0; i < 2; i++) slots.take(`alive ${i}`, false, () => started.push("alive"));
  expect(started.filter((name) => name === "dead")).toHaveLength(6);
  expect(started.filter((name) => name === "alive")).toHaveLength(2);
});

test("who gives up while waiting is never called, and loses nobody a slot", () => {
  const slots = new Slots({ underWay: 1, perTarget: 1 });
  const started: string[] = [];
  const first = slots.take("a", false, () => started.push("first"));
  slots.take("a", false, () => started.push("second")).release();
  slots.take("b", true, () => started.push("third"));
  first.release();
  expect(started).toEqual(["first", "third"]);
  expect([slots.underWay, slots.waiting]).toEqual([1, 0]);
});

test("in any order of taking and releasing the bounds hold, and at the end all have been served", () => {
  const step = fc.record({
    address: fc.constantFrom("a", "b", "c"),
    wasSlow: fc.boolean(),
    releases: fc.nat(3),
    givesUp: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const slots = new Slots({ underWay: 4, perTarget: 2 });
      const running: { address: string; ticket: Ticket }[] = [];
      let served = 0;
      let wanted = 0;
      for (const { address, wasSlow, releases, givesUp } of steps) {
        let hasStarted = false;
        const ticket = slots.take(address, wasSlow, (mine) => {
          hasStarted = true;
          served++;
          running.push({ address, ticket: mine });
        });
        if (givesUp && !hasStarted) ticket.release();
        else wanted++;
        expect(running.length).toBe(slots.underWay);
        expect(slots.underWay).toBeLessThanOrEqual(4);
        for (const name of ["a", "b", "c"]) {
          expect(running.filter((run) => run.address === name).length).toBeLessThanOrEqual(2);
        }
        for (let i = 0; i < releases; i++) running.shift()?.ticket.release();
      }
      while (running.length > 0) running.shift()?.ticket.release();
      expect([served, slots.underWay, slots.waiting]).toEqual([wanted, 0, 0]);
    }),
  );
});

test.for<[openFiles: number, underWay: number]>([
  [1_048_576, 2000],
  [Number.POSITIVE_INFINITY, 2000],
  [1024, 298],
  [64, 16],
])("with %i open files allowed, %i probes run at once", ([openFiles, underWay]) => {
  expect(limitsFor(openFiles).underWay).toBe(underWay);
});

test("the limit on open files is read from the system, and guessed low where it cannot be", () => {
  expect(openFileLimit()).toBeGreaterThan(64);
  expect(openFileLimit("/nonexistent")).toBe(1024);
});
