import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { limitsFor, memoryLimit, openFileLimit } from "../../../../src/health/probes/limits.ts";
import { ProbePermits, type Ticket } from "../../../../src/health/probes/permits.ts";

/** Takes a slot; what becomes of it is noted in `told`. */
function take(slots: ProbePermits, told: string[], name: string, isSlow = false): Ticket {
  return slots.take({
    isSlow,
    onSlot: () => told.push(name),
    onWanted: () => told.push(`${name}!`),
  });
}

test("who waits, waits in order", () => {
  const slots = new ProbePermits({ underWay: 1 });
  const told: string[] = [];
  const tickets = ["a", "b", "c"].map((name) => take(slots, told, name));
  expect([told.join(""), slots.underWay, slots.waiting]).toEqual(["a", 1, 2]);
  tickets[0]?.release();
  tickets[1]?.release();
  expect([told.join(""), slots.underWay, slots.waiting]).toEqual(["abc", 1, 0]);
});

test("servers that fail slowly never hold all the slots", () => {
  const slots = new ProbePermits({ underWay: 8 });
  const told: string[] = [];
  for (let i = 0; i < 50; i++) take(slots, told, "dead", true);
  for (let i = 0; i < 2; i++) take(slots, told, "alive");
  expect(told.filter((name) => name === "dead")).toHaveLength(6);
  expect(told.filter((name) => name === "alive")).toHaveLength(2);
});

test("when a quick one waits, the slow one that has had its slot longest is asked for it, once", () => {
  const slots = new ProbePermits({ underWay: 4 });
  const told: string[] = [];
  const slow = ["s1", "s2", "s3"].map((name) => take(slots, told, name, true));
  take(slots, told, "q1");
  take(slots, told, "q2");
  take(slots, told, "q3");
  expect(told.join(" ")).toBe("s1 s2 s3 q1 s1! s2!");
  slow[0]?.release();
  expect(told.at(-1)).toBe("q2");
});

test("who has given its slot back is not asked for it", () => {
  const slots = new ProbePermits({ underWay: 2 });
  const told: string[] = [];
  take(slots, told, "s1", true).release();
  take(slots, told, "s2", true);
  for (const name of ["q1", "q2", "q3"]) take(slots, told, name);
  expect(told.join(" ")).toBe("s1 s2 q1 s2!");
});

test("both lines wait; of very few slots one is the slow ones', though it be the only one", () => {
  const slots = new ProbePermits({ underWay: 1 });
  const told: string[] = [];
  const slow = take(slots, told, "slow", true);
  take(slots, told, "quick");
  take(slots, told, "slow2", true);
  expect([told.join(" "), slots.waiting]).toEqual(["slow slow!", 2]);
  slow.release();
  expect([told.at(-1), slots.waiting]).toEqual(["quick", 1]);
});

test("a quick one goes before the slow ones that waited longer", () => {
  const slots = new ProbePermits({ underWay: 1 });
  const told: string[] = [];
  const first = take(slots, told, "first");
  take(slots, told, "slow", true);
  take(slots, told, "quick");
  first.release();
  expect(told.join(" ")).toBe("first quick");
});

test("who gives up while waiting is never called, and loses nobody a slot", () => {
  const slots = new ProbePermits({ underWay: 1 });
  const told: string[] = [];
  const first = take(slots, told, "first");
  take(slots, told, "second").release();
  take(slots, told, "third", true);
  first.release();
  expect(told).toEqual(["first", "third"]);
  expect([slots.underWay, slots.waiting]).toEqual([1, 0]);
});

test("what goes on while there are probes starts with the first and stops with the last", () => {
  const told: string[] = [];
  const whileBusy = { start: () => told.push("start"), stop: () => told.push("stop") };
  const slots = new ProbePermits({ underWay: 2 }, whileBusy);
  const [a, b] = [take(slots, told, "a"), take(slots, told, "b", true)];
  a.release();
  expect(told.join(" ")).toBe("start a b");
  b.release();
  b.release();
  expect(told.join(" ")).toBe("start a b stop");
  take(slots, told, "c").release();
  expect(told.join(" ")).toBe("start a b stop start c stop");
});

test("in any order of taking and releasing the bound holds, and at the end all have been served", () => {
  const step = fc.record({ isSlow: fc.boolean(), releases: fc.nat(3), givesUp: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const slots = new ProbePermits({ underWay: 4 });
      const running: Ticket[] = [];
      let served = 0;
      let wanted = 0;
      for (const { isSlow, releases, givesUp } of steps) {
        let hasStarted = false;
        const onSlot = (mine: Ticket) => {
          hasStarted = true;
          served++;
          running.push(mine);
        };
        const ticket = slots.take({ isSlow, onSlot, onWanted: () => {} });
        if (givesUp && !hasStarted) ticket.release();
        else wanted++;
        expect(running.length).toBe(slots.underWay);
        expect(slots.underWay).toBeLessThanOrEqual(4);
        for (let i = 0; i < releases; i++) running.shift()?.release();
      }
      while (running.length > 0) running.shift()?.release();
      expect([served, slots.underWay, slots.waiting]).toEqual([wanted, 0, 0]);
    }),
  );
});

const gib = 1024 ** 3;

test.for<[openFiles: number, memory: number, underWay: number]>([
  [1_048_576, 4 * gib, 65_536],
  [Number.POSITIVE_INFINITY, gib / 2, 8192],
  [1024, 4 * gib, 298],
  [64, 4 * gib, 16],
])("with %i open files and %i bytes of memory, %i probes run at once", ([files, memory, most]) => {
  expect(limitsFor(files, memory).underWay).toBe(most);
});

test("the memory is that of the machine, the container or the engine, whichever is least", () => {
  expect(memoryLimit()).toBeGreaterThan(64 * 1024 ** 2);
  expect(memoryLimit()).toBeLessThanOrEqual(totalmem());
  const constrained = vi.spyOn(process, "constrainedMemory").mockReturnValue(99 * 1024 ** 2);
  expect(memoryLimit()).toBe(99 * 1024 ** 2);
  // Without a container's limit Node answers 0.
  constrained.mockReturnValue(0);
  expect(memoryLimit()).toBeGreaterThan(64 * 1024 ** 2);
  constrained.mockRestore();
});

test.for<[text: string, files: number]>([
  ["Limit  Soft Limit  Hard Limit  Units\nMax open files  4096  524288  files\n", 4096],
  ["Max open files            unlimited            unlimited            files\n", Infinity],
  ["nothing of the kind\n", 1024],
])("of %j, %d files may be open", ([text, files]) => {
  const folder = mkdtempSync(join(tmpdir(), "limits-"));
  try {
    writeFileSync(join(folder, "limits"), text);
    expect(openFileLimit(join(folder, "limits"))).toBe(files);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the limit on open files is read from the system, and guessed low where it cannot be", () => {
  expect(openFileLimit()).toBeGreaterThan(64);
  expect(openFileLimit("/nonexistent")).toBe(1024);
});
