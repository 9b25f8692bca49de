import { expect, test } from "vitest";
import { ScheduleWatch } from "../../../../src/health/probes/schedule-watch.ts";
import { memoryLog } from "../../../support/fakes/memory-log.ts";

/** For so many seconds, ten starts a second, each so late of its interval of 1 s. */
function pass(watch: ScheduleWatch, from: number, seconds: number, lateMs: number): number {
  for (let i = 0; i < seconds * 10; i++) watch.started(lateMs, 1000, (from + i / 10) * 1000);
  return from + seconds;
}

test("a schedule that stretches is told when it begins, each minute, and when it is kept again", () => {
  const log = memoryLog();
  const watch = new ScheduleWatch(log);
  let now = pass(watch, 10, 30, 500);
  expect(watch.punctuality()).toEqual({ started: 100, late: 0, worstMs: 500 });
  expect(log.lines).toEqual([]);
  now = pass(watch, now, 20, 1300);
  expect(log.all("schedule-stretched")).toHaveLength(1);
  now = pass(watch, now, 130, 1300);
  expect(log.all("schedule-stretched").map(({ late }) => late)).toEqual([100, 100, 100]);
  expect(watch.punctuality()).toMatchObject({ started: 100, late: 100, worstMs: 1300 });
  now = pass(watch, now, 30, 0);
  expect(log.lines.at(-1)).toBe("Checks run on time again, after 150 s");
  pass(watch, now, 60, 0);
  expect(log.all("schedule-kept")).toHaveLength(1);
});

test("a few late starts among many are not worth a line", () => {
  const log = memoryLog();
  const watch = new ScheduleWatch(log);
  for (let i = 0; i < 1000; i++) watch.started(i % 20 === 0 ? 900 : 0, 1000, 10_000 + i * 50);
  expect(log.lines).toEqual([]);
});
