import { expect, test, vi } from "vitest";
import { Rejected } from "../../../../src/incidents/deliver/failure.ts";
import { Lane, type LaneOptions } from "../../../../src/incidents/deliver/lane.ts";
import { atMost, type Pace } from "../../../../src/incidents/deliver/pace.ts";
import { maxPending, withNotice } from "../../../../src/incidents/deliver/pending.ts";
import type { Notice } from "../../../../src/incidents/notice.ts";
import { testNotice } from "../../../../src/incidents/notice-of.ts";
import { memoryLog } from "../../../support/fakes/memory-log.ts";

const teller = { alert: "ops", director: "lb1", instance: "ldirectord" };
const notice = (event: Notice["event"], incident: string, id = `${incident}.${event}`): Notice => ({
  ...testNotice(teller, Date.now()),
  ...{ event, incident, id },
});
const ids = (notices: readonly Notice[]) => notices.map(({ id }) => id);

/** A lane to a receiver that does with the n-th message what `answers` says, and takes those after that. */
function laneTo(answers: readonly (Error | undefined)[], more: Partial<LaneOptions> = {}) {
  const log = memoryLog();
  const got: string[][] = [];
  let asked = 0;
  const lane = new Lane({
    ...{ alert: "ops", log, onChange: () => {}, pauseMs: { first: 1, longest: 4 } },
    send: async (notices) => {
      const failure = answers[asked++];
      if (failure !== undefined) throw failure;
      got.push([...ids(notices)]);
    },
    ...more,
  });
  return { lane, log, got, asked: () => asked };
}

test("opened and closed come in their order, after a receiver that fails twice", async () => {
  const failure = new Error("its answer is 500");
  const { lane, log, got } = laneTo([failure, failure]);
  for (const each of ["a", "b"]) lane.add(notice("opened", each));
  lane.add(notice("closed", "a"));
  await vi.waitFor(() => expect(got).toHaveLength(3));
  expect(got.flat()).toEqual(["a.opened", "b.opened", "a.closed"]);
  await lane.stop(1_000);
  expect(log.lines).toEqual([
    "[alert ops] could not be told: its answer is 500; it is tried again",
    "[alert ops] can be told again",
  ]);
  expect(lane.trouble).toBeUndefined();
});

test("what a receiver will never take is given up, and the next goes on", async () => {
  const { lane, log, got } = laneTo([new Rejected("its answer is 400")]);
  lane.add(notice("opened", "a"));
  lane.add(notice("opened", "b"));
  await vi.waitFor(() => expect(got.flat()).toEqual(["b.opened"]));
  await lane.stop(1_000);
  expect(log.lines).toEqual(["[alert ops] was not told of 1 messages: its answer is 400"]);
});

test("what has waited for a day is given up", async () => {
  const { lane, log } = laneTo([new Error("no")], { now: () => Date.now() + 25 * 3600 * 1000 });
  lane.add(notice("opened", "a"));
  await vi.waitFor(() => expect(lane.waiting).toEqual([]));
  expect(log.lines).toEqual(["[alert ops] was not told of 1 messages: no"]);
});

test("of updates the newest waits alone, and what is under way stays as it is", () => {
  const first = notice("updated", "a", "a.2");
  const add = (waiting: readonly Notice[], id: string, held: number) =>
    withNotice(waiting, notice("updated", "a", id), held).waiting;
  expect(ids(add([notice("opened", "a"), first], "a.3", 0))).toEqual(["a.opened", "a.3"]);
  expect(ids(add([first], "a.3", 1))).toEqual(["a.2", "a.3"]);
  expect(ids(add([first, notice("closed", "a")], "a.3", 0))).toEqual(["a.2", "a.closed", "a.3"]);
});

test("a receiver that hangs holds a bounded number; updates give way first", () => {
  let waiting: readonly Notice[] = [];
  let lost = 0;
  for (let i = 0; i < 2 * maxPending; i++) {
    for (const event of ["opened", "updated"] as const) {
      const added = withNotice(waiting, notice(event, String(i)), 1);
      waiting = added.waiting;
      lost += added.dropped;
      expect(waiting.length).toBeLessThanOrEqual(maxPending);
    }
  }
  expect(lost).toBe(3 * maxPending);
  expect(waiting.filter(({ event }) => event === "updated").length).toBeLessThanOrEqual(1);
  expect(waiting[0]?.id).toBe("0.opened");
});

test("a lane that is stopped waits for nobody who hangs, and keeps what is not told", async () => {
  const { lane } = laneTo([], { send: () => new Promise(() => {}) });
  lane.add(notice("opened", "a"));
  lane.add(notice("closed", "a"));
  await lane.stop(1);
  expect(ids(lane.waiting)).toEqual(["a.opened", "a.closed"]);
  const { lane: next, got } = laneTo([], { waiting: lane.waiting });
  await vi.waitFor(() => expect(got.flat()).toEqual(["a.opened", "a.closed"]));
  await next.stop(0);
});

test("of mails beyond the limit one is made when their time has passed", () => {
  const pace: Pace = atMost({ mails: 2, perMs: 60_000 });
  for (const now of [0, 1_000]) {
    expect(pace.turn(1, now)).toEqual({ take: 1 });
    pace.sent(now);
  }
  expect(pace.turn(1, 2_000)).toEqual({ waitMs: 58_000 });
  expect(pace.turn(7, 59_999)).toEqual({ waitMs: 1 });
  expect(pace.turn(7, 60_000)).toEqual({ take: 7 });
  pace.sent(60_000);
  expect(pace.turn(3, 60_500)).toEqual({ waitMs: 500 });
});
