import { expect, test } from "vitest";
import { createFairLine } from "../../../../../checks/lib/receive/fair-line.ts";

/** Takes whoever is next, each for its cost, until nobody waits. */
function order(line: ReturnType<typeof createFairLine<string>>, costs: Record<string, number>) {
  const served: string[] = [];
  for (let next = line.next(); next !== undefined; next = line.next()) {
    served.push(next.item);
    next.took(costs[next.item.charAt(0)] ?? 1);
  }
  return served;
}

test("who comes first is first, as long as all have had the same", () => {
  const line = createFairLine<string>();
  for (const owner of ["a", "b", "c"]) line.add(owner, owner);
  expect(order(line, {})).toEqual(["a", "b", "c"]);
});

test("who took much waits until the others have had as much", () => {
  const line = createFairLine<string>();
  line.add("hog", "h1");
  line.next()?.took(10);
  line.add("hog", "h2");
  for (let i = 1; i <= 4; i++) line.add("modest", `m${i}`);
  expect(order(line, { h: 10, m: 1 }).at(-1)).toBe("h2");
});

test("who took much is not kept out for ever", () => {
  const line = createFairLine<string>();
  line.add("hog", "h1");
  line.next()?.took(3);
  line.add("hog", "h2");
  const served: string[] = [];
  for (let i = 0; i < 10 && !served.includes("h2"); i++) {
    line.add(`new ${i % 2}`, `n${i}`);
    const next = line.next();
    served.push(next?.item ?? "");
    next?.took(1);
  }
  expect(served).toContain("h2");
});

test("who leaves the line is not served", () => {
  const line = createFairLine<string>();
  line.add("a", "a1");
  line.add("b", "b1");
  line.remove("a1");
  expect([line.size, order(line, {})]).toEqual([1, ["b1"]]);
});
