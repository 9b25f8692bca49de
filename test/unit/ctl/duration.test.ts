import { expect, test } from "vitest";
import { parseDuration } from "../../../src/ctl/duration.ts";
import { sayDuration } from "../../../src/model/duration.ts";

test.for([
  ["90s", 90],
  ["10m", 600],
  ["2h", 7_200],
  ["1h30m", 5_400],
  ["1d", 86_400],
  ["1d2h3m4s", 93_784],
] as const)("%s is %i seconds", ([text, seconds]) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.for([
  "",
  "10",
  "m",
  "10 m",
  "10m ",
  "-10m",
  "1.5h",
  "0s",
  "0h0m",
  "10x",
  "10m5",
  "m10",
  "1e9s",
])("%j is no length of time", (text) => {
  expect(() => parseDuration(text)).toThrow("It is no length of time: write 90s, 10m, 2h");
});

test.for([
  [0, "0s"],
  [499, "0s"],
  [999, "1s"],
  [59_000, "59s"],
  [60_000, "1m"],
  [61_000, "1m 1s"],
  [3_600_000, "1h"],
  [3_601_000, "1h"],
  [90_061_000, "1d 1h"],
  [86_400_000 + 60_000, "1d"],
  [-5, "0s"],
] as const)("%i ms are said as %s", ([ms, text]) => {
  expect(sayDuration(ms)).toBe(text);
});
