import { expect, test } from "vitest";
import { down, up } from "../../../checks/check.ts";
import { History } from "../../../src/health/history.ts";
import type { ProbeOutcome } from "../../../src/health/probes/runner.ts";

const good: ProbeOutcome = { kind: "verdict", verdict: up("200 OK"), durationMs: 3 };
const bad = (words?: readonly string[]): ProbeOutcome => ({
  kind: "verdict",
  verdict: down("refused", "connection refused"),
  durationMs: 0.25,
  ...(words && { words }),
});

test("each result with its time, its duration and what was said, the newest first", () => {
  const history = new History();
  history.add(1, good, "main");
  history.add(2, bad(["> QUIT"]), "between");
  history.add(3, { kind: "local-fault", code: "EMFILE", detail: "connect EMFILE" }, "main");
  expect(history.results()).toEqual([
    { at: 3, kind: "local-fault", result: "EMFILE", detail: "connect EMFILE", asked: "main" },
    {
      at: 2,
      durationMs: 0.25,
      kind: "verdict",
      result: "refused",
      detail: "connection refused",
      asked: "between",
      words: ["> QUIT"],
    },
    { at: 1, durationMs: 3, kind: "verdict", result: "up", detail: "200 OK", asked: "main" },
  ]);
});

test("one that was cut short is none, and without words there are none", () => {
  const history = new History();
  history.add(1, { kind: "cut-short" }, "main");
  expect(history.results()).toEqual([]);
  history.add(2, bad([]), "main");
  expect(history.results()[0]).not.toHaveProperty("words");
});

test("the newest twenty stay, in their order", () => {
  const history = new History();
  for (let at = 1; at <= 47; at++) {
    history.add(at, at % 3 === 0 ? bad() : good, "main");
    expect(history.results()).toHaveLength(Math.min(at, 20));
  }
  const results = history.results();
  expect(results.map(({ at }) => at)).toEqual(Array.from({ length: 20 }, (_, i) => 47 - i));
  for (const { at, result, durationMs } of results) {
    expect([result, durationMs]).toEqual(at % 3 === 0 ? ["refused", 0.25] : ["up", 3]);
  }
});

test("what is the same time after time is kept once", () => {
  const history = new History();
  const long = () => bad([`< ${"x".repeat(400)}`]);
  for (let at = 1; at <= 20; at++) history.add(at, long(), "main");
  expect(new Set(history.results().map(({ words }) => words)).size).toBe(1);
  history.add(21, bad(["< other"]), "main");
  expect(history.results()[0]?.words).toEqual(["< other"]);
});
