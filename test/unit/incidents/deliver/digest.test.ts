import { expect, test } from "vitest";
import { cronMatches, Digest } from "../../../../src/incidents/deliver/digest.ts";

const minute = (text: string): number => Date.parse(`${text}Z`) / 60_000;
/** A wall clock in Berlin, whatever the time zone of this machine. */
function berlin(now: number): number {
  const text = new Date(now).toLocaleString("sv-SE", { timeZone: "Europe/Berlin" });
  return Math.floor(minute(text.replace(" ", "T")));
}
async function digestIn(expression: string, from: string) {
  const matches = await cronMatches(expression);
  if (matches === undefined) throw new Error(expression);
  return new Digest(matches, Date.parse(from), undefined, berlin);
}
/** The moments at which one is due, looked at each 20 s. */
function dueIn(digest: Digest, from: string, to: string): string[] {
  const times: string[] = [];
  for (let now = Date.parse(from); now < Date.parse(to); now += 20_000) {
    if (digest.isDue(now)) times.push(new Date(now).toISOString().slice(0, 16));
  }
  return times;
}

test.for(["", "8", "0 8 * *", "0 25 * * *", "@daily", "0 0 8 * * *", "a b c d e"])(
  "%j is no expression of five fields",
  async (expression) => {
    expect(await cronMatches(expression)).toBeUndefined();
  },
);

test("each working day at eight", async () => {
  const digest = await digestIn("0 8 * * 1-5", "2026-11-26T00:00:00Z");
  expect(dueIn(digest, "2026-11-26T00:00:00Z", "2026-12-01T00:00:00Z")).toEqual([
    "2026-11-26T07:00",
    "2026-11-27T07:00",
    "2026-11-30T07:00",
  ]);
});

test("a time that the clock jumps over comes when it has jumped", async () => {
  const digest = await digestIn("30 2 * * *", "2026-03-28T00:00:00Z");
  expect(dueIn(digest, "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z")).toEqual([
    "2026-03-28T01:30",
    "2026-03-29T01:00",
    "2026-03-30T00:30",
  ]);
});

test("a time that the clock shows twice comes once", async () => {
  const digest = await digestIn("30 2 * * *", "2026-10-24T00:00:00Z");
  expect(dueIn(digest, "2026-10-24T00:00:00Z", "2026-10-27T00:00:00Z")).toEqual([
    "2026-10-24T00:30",
    "2026-10-25T00:30",
    "2026-10-26T01:30",
  ]);
});

test("what came due while there was no daemon comes at its start, once", async () => {
  const matches = await cronMatches("0 8 * * *");
  const seen = berlin(Date.parse("2026-11-26T06:00:00Z"));
  const start = "2026-11-26T12:00:00Z";
  const digest = new Digest(matches ?? (() => false), Date.parse(start), seen, berlin);
  expect(dueIn(digest, start, "2026-11-27T00:00:00Z")).toEqual(["2026-11-26T12:00"]);
});

test("a clock that was days ahead and is set right holds up no digest", async () => {
  const digest = await digestIn("0 8 * * *", "2026-12-24T00:00:00Z");
  expect(digest.isDue(Date.parse("2026-11-26T06:59:00Z"))).toBe(false);
  expect(digest.isDue(Date.parse("2026-11-26T07:00:00Z"))).toBe(true);
});
