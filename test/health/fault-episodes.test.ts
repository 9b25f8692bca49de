import { beforeEach, expect, test } from "vitest";
import { FaultEpisodes } from "../../src/health/fault-episodes.ts";
import { type MemoryLog, memoryLog } from "../fakes/memory-log.ts";

let log: MemoryLog;
let faults: FaultEpisodes;
beforeEach(() => {
  log = memoryLog();
  faults = new FaultEpisodes(log);
});

test("a thousand probes without descriptors are one line, and one when all have answered", () => {
  for (let i = 0; i < 1000; i++) faults.lost(`probe ${i}`, "EMFILE", "connect EMFILE", 5);
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
  faults.lost("a", "EMFILE", "", 0);
  faults.lost("b", "EMFILE", "", 1);
  faults.settled("a");
  faults.lost("a", "EMFILE", "", 2);
  faults.settled("b");
  expect(log.events).toHaveLength(1);
});

test("two kinds of trouble are two episodes", () => {
  faults.lost("a", "EMFILE", "", 0);
  faults.lost("a", "EPERM", "", 0);
  faults.settled("a");
  expect(log.all("local-fault-over").map((over) => over.fault)).toEqual(["EMFILE", "EPERM"]);
});
