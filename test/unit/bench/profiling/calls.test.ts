import { expect, test } from "vitest";
import { callsOf } from "../../../../bench/profiling/calls.mjs";

const node = (id: number, functionName: string, children: number[] = []) => ({
  id,
  children,
  callFrame: { functionName, url: "file:///a/dist/src/x.js", lineNumber: 6 },
});

test("a function has its own time, and once that of all that it calls; idle time is nobody's", () => {
  const { busyMs, functions } = callsOf({
    nodes: [node(1, "outer", [2, 4]), node(2, "inner", [3]), node(3, "outer"), node(4, "(idle)")],
    samples: [1, 2, 3, 4],
    timeDeltas: [1000, 2000, 4000, 8000],
  });
  expect(busyMs).toBe(7);
  expect(functions).toEqual([
    { name: "outer dist/src/x.js:7", ownMs: 5, allMs: 7 },
    { name: "inner dist/src/x.js:7", ownMs: 2, allMs: 6 },
  ]);
});
