import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FaultEpisodes } from "../../../../src/health/blame/fault-episodes.ts";
import { type MemoryLog, memoryLog } from "../../../support/fakes/memory-log.ts";

let log: MemoryLog;
let faults: FaultEpisodes;
/** Of all that were hit. */
const ids = new Set<string>();
const probe = (id: string, address = id) => {
  ids.add(id);
  return { id, address };
};
const fault = (code: string, detail = "") => ({ code, detail });

beforeEach(() => {
  vi.useFakeTimers();
  log = memoryLog();
  faults = new FaultEpisodes(log);
});
afterEach(() => {
  for (const id of ids) faults.settled(id);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test("a thousand probes without descriptors are one line, and one when all have answered", () => {
  for (let i = 0; i < 1000; i++) {
    faults.hit(probe(`probe ${i}`), fault("EMFILE", "connect EMFILE"), true, 5);
  }
  expect(faults.current()).toEqual([
    { code: "EMFILE", detail: "connect EMFILE", since: 5, lost: 1000, waiting: 1000 },
  ]);
  for (let i = 0; i < 1000; i++) faults.settled(`probe ${i}`);
  expect(log.lines).toEqual([
    "Local trouble, no real server is blamed for it: EMFILE: connect EMFILE",
    "Local trouble is over: EMFILE: 1000 checks had no verdict",
  ]);
  expect(faults.current()).toEqual([]);
});

test("trouble that comes and goes among probes is one episode until the last of them answers", () => {
  faults.hit(probe("a"), fault("EMFILE"), true, 0);
  faults.hit(probe("b"), fault("EMFILE"), true, 1);
  faults.settled("a");
  expect(faults.current()).toMatchObject([{ lost: 2, waiting: 1 }]);
  faults.hit(probe("a"), fault("EMFILE"), true, 2);
  faults.settled("b");
  expect(log.events).toHaveLength(1);
});

test("two kinds of trouble are two episodes, and a probe waits in one", () => {
  faults.hit(probe("a"), fault("EMFILE"), true, 0);
  faults.hit(probe("a"), fault("EPERM"), true, 0);
  expect(faults.current().map(({ waiting }) => waiting)).toEqual([0, 1]);
  faults.settled("a");
  expect(log.all("local-fault-over").map((over) => over.fault)).toEqual(["EMFILE", "EPERM"]);
});

test("each minute that it leaves probes without a verdict is told: how long, how many", () => {
  faults.hit(probe("a"), fault("EMFILE"), true, 0);
  faults.hit(probe("b"), fault("EMFILE"), true, 0);
  vi.advanceTimersByTime(120_000);
  faults.hit(probe("a"), fault("EMFILE"), false, 0);
  vi.advanceTimersByTime(60_000);
  faults.hit(probe("b"), fault("EMFILE"), false, 0);
  // Nobody waits for a verdict any more, though it is not over.
  vi.advanceTimersByTime(600_000);
  expect(log.all("local-fault-lasts")).toEqual([
    { fault: "EMFILE", minutes: 1, lost: 2, waiting: 2 },
    { fault: "EMFILE", minutes: 2, lost: 2, waiting: 2 },
    { fault: "EMFILE", minutes: 3, lost: 2, waiting: 1 },
  ]);
  expect(log.all("local-fault-over")).toEqual([]);
});

test("one server has it alone, or it has not, whatever the number of its checks", () => {
  faults.hit(probe("http", "10.0.0.3"), fault("EAGAIN"), true, 0);
  faults.hit(probe("dns", "10.0.0.3"), fault("EAGAIN"), true, 0);
  expect(faults.isAlone("EAGAIN", "10.0.0.3")).toBe(true);
  faults.hit(probe("other", "10.0.0.4"), fault("EAGAIN"), true, 0);
  expect(faults.isAlone("EAGAIN", "10.0.0.3")).toBe(false);
});

test("nobody has a trouble that is not going on", () => {
  expect(faults.isAlone("EAGAIN", "10.0.0.3")).toBe(true);
  faults.hit(probe("other", "10.0.0.4"), fault("EMFILE"), true, 0);
  expect(faults.isAlone("EAGAIN", "10.0.0.3")).toBe(true);
});

test("trouble that goes on keeps no program running", () => {
  vi.useRealTimers();
  const timers = () => process.getActiveResourcesInfo().filter((each) => each === "Timeout").length;
  const before = timers();
  faults.hit(probe("a"), fault("EMFILE"), true, 0);
  expect(timers()).toBe(before);
  faults.settled("a");
  vi.useFakeTimers();
});
