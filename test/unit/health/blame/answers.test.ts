import { expect, test } from "vitest";
import { down } from "../../../../checks/check.ts";
import { Answers } from "../../../../src/health/blame/answers.ts";
import type { LocalLink } from "../../../../src/health/blame/local-link.ts";
import { fine, refused } from "../scripted.ts";

const link = (isWell: (address: string) => boolean, own?: string): LocalLink => ({
  trouble: (address) => (isWell(address) ? undefined : { code: "link-down", text: "is down" }),
  isOwn: (address) => address === own,
});

test("the newest answer of another server is what counts, good or bad", () => {
  const answers = new Answers(undefined);
  expect(answers.newestBeside("10.0.0.3")).toBeUndefined();
  answers.note("10.0.0.3", fine, 1);
  answers.note("10.0.0.4", fine, 2);
  answers.note("10.0.0.3", refused, 3);
  expect(answers.newestBeside("10.0.0.5")).toBe(3);
  expect(answers.newestBeside("10.0.0.3")).toBe(2);
  expect(answers.newestBeside("10.0.0.4")).toBe(3);
});

test.for(["timeout", "unreachable", "internal"] as const)("%s is no answer", (reason) => {
  const answers = new Answers(undefined);
  answers.note("10.0.0.4", fine, 1);
  answers.note("10.0.0.4", down(reason, ""), 2);
  expect(answers.newestBeside("10.0.0.3")).toBe(1);
});

test("an answer counts while the way to who gave it is well, and leads out of this machine", () => {
  const answers = new Answers(link((address) => address !== "10.0.0.6", "10.0.0.5"));
  answers.note("10.0.0.4", fine, 1);
  answers.note("10.0.0.5", fine, 2);
  answers.note("10.0.0.6", fine, 3);
  expect(answers.newestBeside("10.0.0.3")).toBe(1);
});

test("a way counts as it is now, whatever it was before", () => {
  let asked: number | undefined;
  const trouble = (_address: string, sinceMs: number) => {
    asked = sinceMs;
    return undefined;
  };
  const answers = new Answers({ trouble, isOwn: () => false });
  answers.note("10.0.0.4", fine, 1);
  answers.newestBeside("10.0.0.3");
  expect(asked).toBe(Number.POSITIVE_INFINITY);
});

test("64 servers are remembered, those that answered last", () => {
  const answers = new Answers(link((address) => address === "first" || address === "second"));
  answers.note("first", fine, 1);
  answers.note("second", fine, 2);
  for (let i = 2; i < 64; i++) answers.note(`10.0.0.${i}`, fine, i);
  expect(answers.newestBeside("second")).toBe(1);
  answers.note("10.0.0.64", fine, 64);
  expect(answers.newestBeside("second")).toBeUndefined();
  expect(answers.newestBeside("first")).toBe(2);
  answers.note("10.0.0.64", fine, 65);
  expect(answers.newestBeside("first")).toBe(2);
});
