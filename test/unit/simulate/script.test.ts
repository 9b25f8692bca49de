import { expect, test } from "vitest";
import { readDuration } from "../../../src/model/duration.ts";
import { clockText, lengthText } from "../../../src/simulate/duration.ts";
import { parseScript } from "../../../src/simulate/script.ts";

test("a line without a time happens with the one before it; behind # is a comment", () => {
  const text = `# the disk
at 10s 10.0.0.3:80 down timeout  # host dead
10.0.0.4 slow 3s
at 1m30s maintenance [fd00::2]:80 off

reload next#1.cf
until 2m`;
  const read = parseScript(text);
  expect(read.ok && read.value.until).toBe(120_000);
  expect(read.ok && read.value.steps.map(({ at, act, line }) => [line, at, act])).toEqual([
    [
      2,
      10_000,
      {
        kind: "answer",
        real: { address: "10.0.0.3", port: 80 },
        answer: { kind: "down", reason: "timeout" },
      },
    ],
    [
      3,
      10_000,
      { kind: "answer", real: { address: "10.0.0.4" }, answer: { kind: "slow", ms: 3_000 } },
    ],
    [4, 90_000, { kind: "maintenance", real: { address: "fd00::2", port: 80 }, isOn: false }],
    [6, 90_000, { kind: "reload", file: "next#1.cf" }],
  ]);
});

test("without an end it goes on for a minute", () => {
  expect(parseScript("at 10s 10.0.0.3 up")).toMatchObject({ value: { until: 70_000 } });
});

test.for<[line: string, column: number, message: RegExp]>([
  ["at 10 10.0.0.3 down", 4, /"10" is no time; write at 10s/],
  ["at", 1, /no time; write at 10s/],
  ["at 10s", 1, /says nothing; write 10\.0\.0\.3:80 down/],
  ["at 8d 10.0.0.3 up", 4, /more than seven days/],
  ["  10.0.0.3 dwon", 12, /"dwon" is none of down, up, slow; did you mean "down"\?/],
  ["10.0.0.3 down timout", 15, /"timout" is no reason; did you mean "timeout"\?/],
  ["10.0.0.3 slow", 10, /write how long it takes: 10\.0\.0\.3 slow 3s/],
  ["10.0.0.3 up now", 13, /"now" is one word too many/],
  ["10.0.0.3:99999 up", 1, /is no real server's address/],
  ["maintenance 10.0.0.3", 13, /write maintenance 10\.0\.0\.3 on, or off/],
  ["reload", 1, /names no file/],
])("%j is told with its place", ([line, column, message]) => {
  expect(parseScript(`\n${line}`)).toEqual({
    ok: false,
    error: [{ line: 2, column, message: expect.stringMatching(message) }],
  });
});

test("time does not go back, and nothing comes behind the end; all mistakes are told", () => {
  const text = "at 10s 10.0.0.3 up\nat 5s 10.0.0.3 down\nuntil 1m\n10.0.0.3 up\n";
  expect(parseScript(text)).toMatchObject({
    error: [
      { line: 2, column: 4, message: "is earlier than the line before it" },
      { line: 4, column: 1, message: "comes behind until, which is the end" },
    ],
  });
});

test("times are read and written", () => {
  expect(["250ms", "1m30s", "2h", "s", "1", ""].map(readDuration)).toEqual([
    250,
    90_000,
    7_200_000,
    undefined,
    undefined,
    undefined,
  ]);
  expect([0, 12_345, 3_723_000].map(clockText)).toEqual(["00:00.0", "00:12.3", "1:02:03.0"]);
  expect([940, 53_000, 250_000].map(lengthText)).toEqual(["0.9 s", "53.0 s", "4 m 10 s"]);
});
