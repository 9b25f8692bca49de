import { expect, test } from "vitest";
import { messageOf, stackOf } from "../../../src/model/error-text.ts";

const error = new TypeError("x is undefined");
const bare = Object.assign(new Error("no stack"), { stack: undefined });

test.for<[thrown: unknown, message: string, stack: string | undefined]>([
  [error, "x is undefined", error.stack],
  [bare, "no stack", "no stack"],
  ["a word", "a word", "a word"],
  [undefined, "undefined", "undefined"],
])("%s, thrown, is told in words, and as a bug", ([thrown, message, stack]) => {
  expect(messageOf(thrown)).toBe(message);
  expect(stackOf(thrown)).toBe(stack);
});
