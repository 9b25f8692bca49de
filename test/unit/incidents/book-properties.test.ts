/** What always holds of a book, whatever comes in whatever order. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Book, flapMs, type Told } from "../../../src/incidents/book.ts";
import { emptied, restarted, rules, server } from "./builders.ts";

const services = ["tcp:10.0.0.1:80", "tcp:10.0.0.2:443", "fwm:5"];
const addresses = ["10.1.2.1", "10.1.2.2", "10.1.3.1", "2001:db8::1", "2001:db8:0:1::1"];
const troubles = [
  ...services.flatMap((service) => addresses.map((address) => server(address, service))),
  ...services.map(emptied),
];

const step = fc.record({
  afterMs: fc.constantFrom(0, 1, 500, 4_999, 5_000, 30_000, 600_000),
  trouble: fc.constantFrom(...troubles),
  what: fc.constantFrom("failed", "failed", "recovered", "planned", "restart" as const),
});
const steps = fc.array(step, { maxLength: 120 });
const alert = fc.record({
  severity: fc.constantFrom("warning", "error" as const),
  isRepeated: fc.boolean(),
});

/** @returns all that was told, each with its time and a copy of its members */
function run(
  given: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[],
  more: object,
) {
  const mine = { ...rules, ...more };
  let book = new Book(mine);
  const told: { event: Told["event"]; id: string; at: number; open: readonly string[] }[] = [];
  const wrong = new Map<string, number>();
  let now = 1_000_000;
  const tellUntil = (to: number) => {
    for (let next = book.next(); next !== undefined && next <= to; next = book.next()) {
      now = Math.max(now, next);
      note();
    }
    now = to;
  };
  const note = () => {
    for (const { event, incident } of book.tell(now)) {
      const open = [...incident.members.values()].filter(({ over }) => over === undefined);
      told.push({ event, id: incident.id, at: now, open: open.map(({ id }) => id) });
    }
  };
  for (const { afterMs, trouble, what } of given) {
    tellUntil(now + afterMs);
    if (what === "failed") {
      if (!wrong.has(trouble.id)) wrong.set(trouble.id, now);
      book.failed(trouble, now);
    } else if (what === "restart") book = restarted(book, mine);
    else {
      wrong.delete(trouble.id);
      book.over(trouble.id, what, now);
    }
    note();
  }
  return {
    told,
    wrong,
    finish: () => tellUntil(now + flapMs + 2 * rules.updateMs),
    endAll: () => {
      for (const { id } of troubles) book.over(id, "recovered", now);
      note();
    },
    open: () => book.state.incidents,
    gathering: () => book.state.gatherings,
  };
}

test("each incident is opened once, before all else, and closed once at most, after all else", () => {
  fc.assert(
    fc.property(steps, alert, (given, more) => {
      const { told, finish } = run(given, more);
      finish();
      for (const id of new Set(told.map((each) => each.id))) {
        const events = told.filter((each) => each.id === id).map(({ event }) => event);
        expect(events.join(" ")).toMatch(/^opened( updated)*( closed)?$/);
      }
    }),
  );
});

test("what is wrong for longer than the wait is in one open incident, and no other", () => {
  fc.assert(
    fc.property(steps, (given) => {
      const { wrong, finish, open, gathering } = run(given, {});
      finish();
      expect(gathering()).toEqual([]);
      const members = open().flatMap((incident) =>
        incident.members.filter(({ over }) => over === undefined).map(({ id }) => id),
      );
      expect(members.sort()).toEqual([...wrong.keys()].sort());
    }),
  );
});

test("when all is well again, all is closed", () => {
  fc.assert(
    fc.property(steps, alert, (given, more) => {
      const { told, endAll, finish, open } = run(given, more);
      endAll();
      finish();
      expect(open()).toEqual([]);
      const opened = told.filter(({ event }) => event === "opened").length;
      expect(told.filter(({ event }) => event === "closed").length).toBe(opened);
    }),
  );
});

test("an open incident is told again at its pace, but once more when it turns grave", () => {
  fc.assert(
    fc.property(steps, (given) => {
      const { told, finish } = run(given, {});
      finish();
      for (const id of new Set(told.map((each) => each.id))) {
        const times = told.filter((each) => each.id === id && each.event !== "closed");
        const early = times.filter(({ at }, i) => {
          const before = times[i - 1];
          return before !== undefined && at - before.at < rules.updateMs;
        });
        expect(early.length).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test("maintenance alone says nothing", () => {
  fc.assert(
    fc.property(steps, alert, (given, more) => {
      const planned = given.map((each) => ({ ...each, what: "planned" as const }));
      expect(run(planned, more).told).toEqual([]);
    }),
  );
});
