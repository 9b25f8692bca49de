import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Follower, followAnswers } from "../../../src/role/answers.ts";
import type { Word } from "../../../src/role/role.ts";

const active: Word = { kind: "role", role: "active", why: "it says so" };
const unknown = (why = "nothing there"): Word => ({ kind: "unknown", why });

let follower: Follower | undefined;
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  follower?.stop();
  vi.useRealTimers();
});

/** @param answers one after the other, the last again and again; "silence" is none */
function following(...answers: readonly (Word | "silence")[]) {
  const told: string[] = [];
  let asked = 0;
  const started = followAnswers({
    ask: () => {
      const answer = answers[Math.min(asked++, answers.length - 1)];
      return answer === undefined || answer === "silence"
        ? new Promise(() => {})
        : Promise.resolve(answer);
    },
    intervalMs: 1_000,
    what: "the one",
    tell: (word) => told.push(word.kind === "role" ? word.role : "why" in word ? word.why : "?"),
  });
  follower = started;
  return { told, asked: () => asked, askSoon: started.askSoon };
}
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test("the first answer is told at once, the next after the interval", async () => {
  const { told } = following(unknown(), active);
  await pass(0);
  expect(told).toEqual(["nothing there"]);
  await pass(1_000);
  expect(told).toEqual(["nothing there", "active"]);
});

test("who knew it is asked once more before it is believed that nobody knows", async () => {
  const { told } = following(active, unknown(), active, unknown());
  await pass(2_500);
  expect(told).toEqual(["active", "active"]);
  await pass(1_000);
  expect(told).toEqual(["active", "active"]);
  await pass(1_000);
  expect(told).toEqual(["active", "active", "nothing there"]);
});

test("news in the meantime are no second look: a file may be empty for longer than that", async () => {
  const { told, askSoon } = following(active, unknown());
  await pass(1_000);
  for (let i = 0; i < 9; i++) {
    askSoon();
    await pass(100);
  }
  expect(told).toEqual(["active"]);
  await pass(1_100);
  expect(told.at(-1)).toBe("nothing there");
});

test("silence is an answer after five seconds, and is not asked again meanwhile", async () => {
  const { told, asked } = following(active, "silence");
  await pass(5_900);
  expect(told).toEqual(["active"]);
  await pass(200);
  expect(told).toEqual(["active", "the one has not answered within 5 s"]);
  await pass(60_000);
  expect(asked()).toBe(2);
  expect(told).toHaveLength(2);
});

test("news all the time are asked for twenty times a second, and not more", async () => {
  const { asked, askSoon } = following(active);
  await pass(0);
  for (let i = 0; i < 1_000; i++) {
    askSoon();
    await pass(1);
  }
  expect(asked()).toBeGreaterThan(10);
  expect(asked()).toBeLessThan(25);
});

test("after the stop nothing is asked or told", async () => {
  const { told, asked, askSoon } = following(active);
  follower?.stop();
  askSoon();
  await pass(10_000);
  expect([told, asked()]).toEqual([[], 1]);
});
