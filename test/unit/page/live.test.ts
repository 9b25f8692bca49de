import { setMaxListeners } from "node:events";
import { expect, test } from "vitest";
import type { Director } from "../../../src/control/director.ts";
import { RecordRing } from "../../../src/log/sinks/ring.ts";
import { keepLive } from "../../../src/page/live.ts";
import type { Snapshot } from "../../../src/status/snapshot.ts";

/** A director of no virtual service, whose phase can be changed; it counts who looks. */
function countedDirector() {
  const records = new RecordRing();
  let looks = 0;
  let path = "/first.cf";
  const snapshot = async () => {
    looks++;
    return {
      ...{ version: 1, at: Date.now(), phase: "running", path, isAutoreload: false },
      ...{ services: [], orders: [], localFaults: [] },
      statistics: { punctuality: { started: 0, late: 0, worstMs: 0 } },
    } as unknown as Snapshot;
  };
  const director = {
    records,
    snapshot,
    kernel: { counters: async () => [] },
    onDisk: async () => ({ kind: "same" }),
  } as unknown as Director;
  const log = (text: string) =>
    records.write({
      time: Date.now(),
      severity: "notice",
      name: "config-reread",
      text,
      fields: {},
    });
  return {
    director,
    looks: () => looks,
    become: (next: string) => {
      path = next;
      log(`it is ${next} now`);
    },
  };
}

const bugs: string[] = [];
const onBug = (stack: string) => bugs.push(stack);

test("fifty who look cost one look each time, and have the same bytes", async () => {
  const { director, looks, become } = countedDirector();
  const live = keepLive({ director, host: "lb1", epoch: "e", onBug });
  const hangUp = new AbortController();
  setMaxListeners(100, hangUp.signal);
  await live.shown();
  const followers = Array.from({ length: 50 }, () => live.follow("", hangUp.signal));
  const next = async (follower: (typeof followers)[number]) => (await follower.next()).value;
  await Promise.all(followers.map(next)); // when to come again
  await Promise.all(followers.map(next)); // all that there is
  const before = looks();
  const told = followers.map(async (follower) => {
    for (;;) {
      const event = await next(follower);
      if (typeof event === "object" && Buffer.from(event).includes("/second.cf")) return event;
    }
  });
  become("/second.cf");
  const events = await Promise.all(told);
  expect(new Set(events).size).toBe(1);
  expect(looks() - before).toBeLessThanOrEqual(3);
  hangUp.abort();
  live.stop();
  expect(bugs).toEqual([]);
});

test("who does not read is told the newest when it does: nothing waits for it", async () => {
  const { director, become } = countedDirector();
  const live = keepLive({ director, host: "lb1", epoch: "e", onBug });
  const hangUp = new AbortController();
  const first = await live.shown();
  const slow = live.follow(first.tag, hangUp.signal);
  await slow.next();
  for (const name of ["/a.cf", "/b.cf", "/c.cf"]) {
    become(name);
    while (!(await live.shown()).rendered.parts.get("head")?.includes(name)) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  const event = String(Buffer.from(((await slow.next()).value as Uint8Array) ?? ""));
  expect(event).toContain("/c.cf");
  expect(event.match(/event: /g)).toHaveLength(1);
  hangUp.abort();
  live.stop();
});

test("a mistake of the page ends neither it nor the daemon", async () => {
  const { director, become } = countedDirector();
  let isBroken = true;
  const snapshot = () => {
    if (isBroken) throw new Error("a mistake");
    return director.snapshot();
  };
  const seen: string[] = [];
  const live = keepLive({
    ...{ director: { ...director, snapshot }, host: "lb1", epoch: "e" },
    onBug: (stack) => seen.push(stack),
  });
  await expect(live.shown()).rejects.toThrow("a mistake");
  isBroken = false;
  become("/later.cf");
  expect((await live.shown()).rendered.parts.get("head")).toContain("/later.cf");
  live.stop();
});
