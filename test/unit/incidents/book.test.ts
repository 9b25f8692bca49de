import { expect, test } from "vitest";
import { Book, flapMs, maxOpen } from "../../../src/incidents/book.ts";
import { noticeOf } from "../../../src/incidents/notice-of.ts";
import { emptied, eventsOf, restarted, rules, server, toldUntil } from "./builders.ts";

const rack = Array.from({ length: 40 }, (_, i) => server(`10.1.2.${i + 1}`));
const longMs = 10 * 24 * 3600 * 1000;

test("a rack that dies within seconds is one incident, and its recovery is one message more", () => {
  const book = new Book(rules);
  for (const [i, trouble] of rack.entries()) book.failed(trouble, i * 100);
  expect(eventsOf(toldUntil(book, 4_000, 100_000))).toEqual(["opened 40"]);
  for (const [i, { id }] of rack.entries()) {
    expect(eventsOf(book.tell(200_000 + i))).toEqual([]);
    book.over(id, "recovered", 200_000 + i);
  }
  expect(eventsOf(toldUntil(book, 200_100, longMs))).toEqual(["closed 40"]);
  expect(book.open).toBe(0);
});

test("a rack that dies over half a minute is one incident still", () => {
  const book = new Book(rules);
  const told = rack.flatMap((trouble, i) => {
    book.failed(trouble, i * 750);
    return eventsOf(book.tell(i * 750));
  });
  expect(told).toEqual(["opened 8"]);
  expect(toldUntil(book, 30_000, 700_000).map(({ event, at }) => [event, at])).toEqual([
    ["updated", 5_250 + rules.updateMs],
  ]);
});

test("what comes and goes while it gathers is not told", () => {
  const book = new Book(rules);
  book.failed(server("10.1.2.1"), 0);
  book.over(server("10.1.2.1").id, "recovered", 4_999);
  expect(toldUntil(book, 5_000, longMs)).toEqual([]);
  expect(book.next()).toBeUndefined();
});

test("an hour later another server of the same network is another incident", () => {
  const book = new Book(rules);
  book.failed(server("10.1.2.1"), 0);
  expect(eventsOf(toldUntil(book, 0, 3_599_999))).toEqual(["opened 1"]);
  book.failed(server("10.1.2.2"), 3_600_000);
  expect(eventsOf(toldUntil(book, 3_600_000, 3_700_000))).toEqual(["opened 1"]);
  expect(book.open).toBe(2);
});

test("the same host in another service belongs to it at any time", () => {
  const book = new Book(rules);
  book.failed(server("10.1.2.1"), 0);
  book.tell(5_000);
  book.failed(server("10.1.2.1", "tcp:10.0.0.2:443", 443), 3_600_000);
  expect(eventsOf(book.tell(3_600_000))).toEqual(["updated 2"]);
  expect(book.open).toBe(1);
});

test("a service that loses its last server is told at once, and once", () => {
  const book = new Book(rules);
  book.failed(server("10.1.2.1"), 0);
  book.tell(5_000);
  book.failed(emptied(), 6_000);
  const [told] = book.tell(6_000);
  expect(told?.event).toBe("updated");
  for (let now = 7_000; now < 600_000; now += 2_000) {
    book.over(emptied().id, "recovered", now);
    book.failed(emptied(), now + 1_000);
    expect(book.tell(now + 1_000)).toEqual([]);
  }
});

test("maintenance closes what it was about, and opens nothing", () => {
  const book = new Book(rules);
  book.failed(server("10.1.2.1"), 0);
  book.tell(5_000);
  book.over(server("10.1.2.1").id, "planned", 20_000);
  const [told] = book.tell(20_000);
  if (told === undefined) throw new Error("nothing was told");
  const teller = { alert: "ops", director: "lb1", instance: "ldirectord" };
  expect(noticeOf(told, teller, 20_000).title).toBe(
    "In maintenance now, or taken out, after 20s: 10.1.2.1:80 (10.0.0.1:80)",
  );
});

test("one that flaps is one incident that says so, until it has been calm", () => {
  const book = new Book(rules);
  const { id } = server("10.1.2.1");
  const told: string[] = [];
  for (let now = 0; now < 3 * flapMs; now += 30_000) {
    book.failed(server("10.1.2.1"), now);
    told.push(...toldUntil(book, now, now + 10_000).map(({ event }) => event));
    book.over(id, "recovered", now + 15_000);
    told.push(...toldUntil(book, now + 15_000, now + 25_000).map(({ event }) => event));
  }
  // Twice it looked like two; from the third time on it is one, with an update each ten minutes.
  expect(told.slice(0, 5)).toEqual(["opened", "closed", "opened", "closed", "opened"]);
  expect(new Set(told.slice(5))).toEqual(new Set(["updated"]));
  expect(told.slice(5).length).toBeLessThanOrEqual(3);
  expect(book.open).toBe(1);
  const [last] = toldUntil(book, 3 * flapMs, 5 * flapMs).filter(({ event }) => event === "closed");
  expect(last?.incident.isFlapping).toBe(true);
  expect(last?.at).toBe(3 * flapMs - 15_000 + flapMs);
});

test("who wants what is grave hears when a service has no server, with its servers, until it has one", () => {
  const book = new Book({ ...rules, severity: "error" });
  for (const trouble of rack.slice(0, 3)) book.failed(trouble, 0);
  expect(toldUntil(book, 0, 3_000_000)).toEqual([]);
  book.failed(emptied(), 3_000_000);
  expect(eventsOf(book.tell(3_000_000))).toEqual(["opened 4"]);
  book.over(emptied().id, "recovered", 3_100_000);
  expect(eventsOf(book.tell(3_100_000))).toEqual(["closed 4"]);
  expect(toldUntil(book, 3_100_000, longMs)).toEqual([]);
  book.failed(emptied(), 4_000_000);
  expect(eventsOf(book.tell(4_000_000))).toEqual(["opened 4"]);
});

test("a receiver that forgets is told again at the pace of its updates", () => {
  const book = new Book({ ...rules, isRepeated: true });
  book.failed(server("10.1.2.1"), 0);
  expect(toldUntil(book, 5_000, 1_300_000).map(({ event, at }) => [event, at])).toEqual([
    ["opened", 5_000],
    ["updated", 605_000],
    ["updated", 1_205_000],
  ]);
});

test("a restart neither tells twice nor forgets", () => {
  const book = new Book(rules);
  book.failed(rack[0] ?? server("10.1.2.1"), 0);
  book.failed(server("172.16.0.1", "tcp:10.0.0.9:80"), 4_000);
  const gathering = restarted(book);
  expect(eventsOf(gathering.tell(5_000))).toEqual(["opened 2"]);
  const open = restarted(gathering);
  for (const trouble of [server("10.1.2.1"), server("172.16.0.1", "tcp:10.0.0.9:80")]) {
    expect(open.failed(trouble, 6_000)).toBe(false);
  }
  expect(toldUntil(open, 6_000, 3_000_000)).toEqual([]);
  const ids = gathering.state.incidents.map(({ id }) => id);
  open.over(server("10.1.2.1").id, "recovered", 3_000_001);
  open.over(server("172.16.0.1", "tcp:10.0.0.9:80").id, "recovered", 3_000_001);
  const closed = open.tell(3_000_001);
  expect(closed.map(({ event, incident }) => [event, incident.id])).toEqual([["closed", ids[0]]]);
});

test("when too many are open, what comes joins the newest", () => {
  const book = new Book({ ...rules, waitMs: 0 });
  for (let i = 0; i < maxOpen + 50; i++) {
    book.failed(server(`10.${i}.0.1`, `tcp:10.0.0.${i}:80`), i * 100_000);
    book.tell(i * 100_000);
  }
  expect(book.open).toBe(maxOpen);
});

test("a clock that is set back holds nothing up", () => {
  const book = new Book(rules);
  book.failed(server("10.1.2.1"), 1_000_000_000);
  expect(eventsOf(book.tell(500))).toEqual(["opened 1"]);
  book.failed(server("10.1.2.2"), 501);
  book.tell(501);
  expect(book.next()).toBeLessThanOrEqual(501 + rules.updateMs);
});
