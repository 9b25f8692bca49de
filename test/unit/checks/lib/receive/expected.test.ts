import { RE2JS } from "re2js";
import { expect, test } from "vitest";
import {
  costOf,
  createSearch,
  expectedOf,
  loopBudget,
  type Search,
} from "../../../../../checks/lib/receive/expected.ts";
import { DownNow } from "../../../../../checks/lib/stream/dialogue.ts";

function searchFor(receive: string, timeoutMs = 30_000): Search {
  const understood = expectedOf(receive);
  if (!understood.ok || "staysDown" in understood.value) throw new Error(receive);
  const { expected } = understood.value;
  const { signal } = new AbortController();
  const search = expected?.search({ address: "10.0.0.1", port: 80 }, signal, timeoutMs);
  if (search === undefined) throw new Error(receive);
  return search;
}

test("a probe's searches are on the loop until its budget is spent, then in the thread", async () => {
  let onLoop = 0;
  class Counted extends RE2JS {
    override test(): boolean {
      onLoop++;
      return false;
    }
  }
  const program = Object.assign(Object.create(Counted.prototype), {});
  const size = 10;
  const { signal } = new AbortController();
  const search = createSearch(
    { text: "b+", re2: { source: "b+", program, size }, javaScript: "b+" },
    { owner: "10.0.0.1", signal, timeoutMs: 30_000 },
  );
  const text = "a".repeat(1_000);
  const affordable = Math.floor(loopBudget / costOf(size, text.length, 1));
  for (let i = 0; i < affordable + 2; i++) expect(await search.firstOf([text])).toBeUndefined();
  expect(onLoop).toBe(affordable);
});

test("many small texts cost more than their bytes", () => {
  expect(costOf(10, 0, 100)).toBeGreaterThan(costOf(10, 100, 1));
});

test.for([
  ["ready", "not yet\nready to go\nready", "ready to go\n"],
  ["^re+ady", "not yet\nready to go\nready", "ready to go\n"],
  ["^ready$", "not yet\nready to go\nready", "ready"],
  ["(?=ready$)r", "not yet\nready to go\nready", "ready"],
  ["ready", "not yet", undefined],
])("of the lines the first that %j fits", async ([receive = "", text = "", line]) => {
  expect(await searchFor(receive).firstLineOf(text)).toBe(line);
  const long = `${"-".repeat(200_000)}\n`;
  expect(await searchFor(receive).firstLineOf(long + text)).toBe(line);
});

test("a page that a pattern finds no end with is a verdict, and the loop turns meanwhile", async () => {
  let turns = 0;
  const turn = setInterval(() => turns++, 1);
  const search = searchFor("^(?:(a+)+b|(?=(a+)+c))$");
  const found = search.firstOf([`${"a".repeat(100_000)}!`]);
  await expect(found).rejects.toSatisfy(
    (error) => error instanceof DownNow || Reflect.get(Object(error), "fault") === "EBUSY",
  );
  clearInterval(turn);
  expect(turns).toBeGreaterThan(20);
});
