import { expect, test } from "vitest";
import { Run } from "../../../../checks/lib/run-signal.ts";

test("each that listens hears of it once; who went, or comes after it, does not", () => {
  const run = new Run();
  const heard: string[] = [];
  const [first, second, third] = ["first", "second", "third"].map((name) => () => heard.push(name));
  for (const listener of [first, second, third, first, third])
    run.addEventListener("abort", listener as () => void);
  expect(run.listeners).toBe(3);
  run.removeEventListener("abort", second as () => void);
  run.abort(new Error("enough"));
  run.abort(new Error("again"));
  run.addEventListener("abort", first as () => void);
  expect(heard).toEqual(["first", "third"]);
  expect(run.listeners).toBe(0);
  expect([run.aborted, run.reason.message]).toEqual([true, "enough"]);
  expect(() => run.throwIfAborted()).toThrow("enough");
});

test("as long as nobody ends it, it says so", () => {
  const run = new Run();
  run.throwIfAborted();
  expect(run.aborted).toBe(false);
});

test("a listener that goes while others are called is not called any more than it was", () => {
  const run = new Run();
  let calls = 0;
  const other = () => calls++;
  run.addEventListener("abort", () => run.removeEventListener("abort", other));
  run.addEventListener("abort", other);
  run.abort();
  expect(calls).toBe(1);
});
