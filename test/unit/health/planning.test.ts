import { expect, test } from "vitest";
import { atOnce } from "../../../src/config/turns.ts";
import { plan } from "../../../src/health/plan.ts";
import { planning } from "../../../src/health/planning.ts";
import { err } from "../../../src/model/result.ts";
import { configOf } from "../config/read.ts";
import { fakeChecks } from "./scripted.ts";

const servers = Array.from({ length: 95 }, (_, i) => `    real=10.0.1.${i}:80 gate`).join("\n");
const text = `virtual=10.0.0.1:80\n    checktype=on\n${servers}\nvirtual=10.0.0.2:80\n    checktype=on\n${servers}\n`;
const checks = fakeChecks();

test("a plan made in steps is the plan made at once", async () => {
  const config = await configOf(text);
  expect(atOnce(planning(config, checks))).toEqual(plan(config, checks));
});

test("twenty servers are a step", async () => {
  const config = await configOf(text);
  const virtuals = config.virtuals.map((each, i) => ({
    ...each,
    reals: each.reals.slice(0, 40 + i),
  }));
  expect([...planning({ virtuals }, checks)]).toHaveLength(2 + 3);
});

test("a problem of many servers is one, also when it is met in several steps", async () => {
  const config = await configOf(text.replaceAll("checktype=on", 'receive="("'));
  const planned = atOnce(planning(config, checks));
  expect(planned).toEqual(plan(config, checks));
  expect(planned).toEqual(
    err([1, 98].map((line) => ({ line, text: 'receive="(": a parenthesis is never closed' }))),
  );
});
