import { setMaxListeners } from "node:events";
import { expect, test } from "vitest";
import { LocalFault } from "../../../../../checks/lib/fault.ts";
import { createLane, type Wanted } from "../../../../../checks/lib/receive/search-lane.ts";

const wanted = (more: Partial<Wanted>): Wanted => ({
  owner: "10.0.0.1",
  signal: new AbortController().signal,
  deadline: Number.POSITIVE_INFINITY,
  javaScript: "b",
  text: "ab",
  ends: Uint32Array.of(1, 2),
  ...more,
});
/** For JavaScript alone it has no end. */
const endless: Partial<Wanted> = {
  javaScript: "^(?:a+)+$",
  text: `${"a".repeat(40)}!`,
  ends: Uint32Array.of(41),
};
const longMs = 600_000;

test("a thread without work is no reason for the process to live", async () => {
  const reasons = () => process.getActiveResourcesInfo().filter((kind) => /Port|Worker/.test(kind));
  const before = reasons();
  await createLane(longMs).search(wanted({}));
  expect(reasons()).toEqual(before);
});

test("a search gives the first piece that fits, or line, or nothing", async () => {
  const lane = createLane(longMs);
  expect(await lane.search(wanted({}))).toEqual([1, 2]);
  expect(await lane.search(wanted({ javaScript: "c" }))).toBe("nothing");
  const lines = { text: "no\nyes\nyes", ends: "lines" } as const;
  expect(await lane.search(wanted({ ...lines, javaScript: "^y" }))).toEqual([3, 7]);
  expect(await lane.search(wanted({ ...lines, javaScript: "s$" }))).toEqual([7, 10]);
  expect(await lane.search(wanted({ ...lines, javaScript: "^$" }))).toBe("nothing");
});

test("where JavaScript comes to no end, RE2 does", async () => {
  const lane = createLane(1_000);
  const both = { ...endless, re2: "^(?:a+)+(?:\\n?\\z)" };
  expect(await lane.search(wanted(both))).toBe("nothing");
});

test("without RE2 it is given up, and the same thread serves the next", async () => {
  const lane = createLane(50);
  expect(["too-long", "starved"]).toContain(await lane.search(wanted(endless)));
  expect(await lane.search(wanted({}))).toEqual([1, 2]);
});

test("a search under way ends with its probe, and whoever waits behind it is served", async () => {
  const lane = createLane(longMs);
  const controller = new AbortController();
  const hung = lane.search(wanted({ ...endless, signal: controller.signal }));
  const next = lane.search(wanted({ owner: "10.0.0.2" }));
  const why = new Error("past the deadline");
  controller.abort(why);
  await expect(hung).rejects.toBe(why);
  expect(await next).toEqual([1, 2]);
});

test("who waits in the line till the end of its time has us to thank for it; who is searched, itself", async () => {
  const lane = createLane(longMs);
  const hung = lane.search(wanted({ ...endless, deadline: performance.now() + 400 }));
  const waiting = lane.search(wanted({ owner: "10.0.0.2", deadline: performance.now() + 100 }));
  await expect(waiting).rejects.toBeInstanceOf(LocalFault);
  expect(await hung).toBe("too-long");
});

test("a server whose searches take long does not keep another waiting behind all of them", async () => {
  const lane = createLane(50);
  const served: string[] = [];
  const ask = async (name: string, more: Partial<Wanted>): Promise<void> => {
    await lane.search(wanted({ ...more, owner: name })).catch(() => {});
    served.push(name);
  };
  const hogs = Array.from({ length: 4 }, () => ask("hog", endless));
  await Promise.all([...hogs, ask("modest", {})]);
  expect(served).toEqual(["hog", "modest", "hog", "hog", "hog"]);
});

test("the line is bounded: who finds it full is told that it is our doing", async () => {
  const lane = createLane(longMs);
  const controller = new AbortController();
  setMaxListeners(300, controller.signal);
  const all = Array.from({ length: 300 }, () =>
    lane.search(wanted({ ...endless, signal: controller.signal })),
  );
  const ends = Promise.allSettled(all);
  await expect(all[299]).rejects.toBeInstanceOf(LocalFault);
  controller.abort(new Error("enough"));
  const faults = (await ends).filter(
    (end) => end.status === "rejected" && end.reason instanceof LocalFault,
  );
  expect(faults).toHaveLength(300 - 257);
});
