import { expect, test } from "vitest";
import { WeightedRoundRobin } from "../../../examples/demo/round-robin.ts";
import { serverRow } from "../../support/builders.ts";

const dests = (...weights: number[]) =>
  weights.map((weight, i) => serverRow(`10.0.0.${i + 1}:80`, { forwarding: "masq", weight }));
const turns = (robin: WeightedRoundRobin, count: number, rows: ReturnType<typeof dests>) =>
  Array.from({ length: count }, () => robin.next(rows)?.endpoint.address.slice(-1) ?? "-").join("");

test("each has as many turns as its weight, in the kernel's order; weight 0 has none", () => {
  expect(turns(new WeightedRoundRobin(), 8, dests(1, 2, 1))).toBe("21232123");
  expect(turns(new WeightedRoundRobin(), 6, dests(4, 2))).toBe("112112");
  expect(turns(new WeightedRoundRobin(), 4, dests(0, 3))).toBe("2222");
});

test("nobody is found where there is no weight, and rows may come and go", () => {
  const robin = new WeightedRoundRobin();
  expect(turns(robin, 3, [])).toBe("---");
  expect(turns(robin, 2, dests(0, 0))).toBe("--");
  expect(turns(robin, 2, dests(5, 5, 5))).toMatch(/^[123]{2}$/);
  expect(turns(robin, 2, dests(1))).toBe("11");
});
