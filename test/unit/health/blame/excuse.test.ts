import { expect, test } from "vitest";
import { type Circumstances, judge } from "../../../../src/health/blame/excuse.ts";

const fault = (code: string) => ({
  kind: "local-fault" as const,
  code,
  detail: "10.0.0.3: our own link eth1 is down",
});
/** Interval and timeout of 3 s together; the trouble began at 10 s. */
const around: Circumstances = {
  nowMs: 10_000,
  sinceMs: 10_000,
  roundMs: 3000,
  othersAnsweredMs: undefined,
  isAlone: false,
};
const isDown = (code: string, more: Partial<Circumstances>): boolean => {
  const outcome = judge(fault(code), { ...around, ...more });
  return outcome.kind === "verdict" && !outcome.verdict.up;
};

const shared = ["link-down", "no-address", "ENETUNREACH", "EHOSTUNREACH", "EACCES", "EINVAL"];

test.for([...shared, "ENETDOWN"])("%s: out at once while others answer, by our doing", (code) => {
  const outcome = judge(fault(code), { ...around, othersAnsweredMs: 9000 });
  expect(outcome).toMatchObject({
    kind: "verdict",
    verdict: { up: false, reason: "unreachable" },
  });
  expect(JSON.stringify(outcome)).toContain("our own trouble, while others answer");
  expect(JSON.stringify(outcome)).toContain("our own link eth1 is down");
});

test.for([...shared, "ENETDOWN", "EPERM", "link-was-down"])(
  "%s: held while nobody answers, for a round, and not longer",
  (code) => {
    expect(isDown(code, {})).toBe(false);
    expect(isDown(code, { nowMs: 12_999 })).toBe(false);
    expect(isDown(code, { nowMs: 13_000 })).toBe(true);
    // An answer of long ago shows nothing.
    expect(isDown(code, { othersAnsweredMs: 6000 })).toBe(false);
  },
);

test("a firewall of ours can not be seen: others have to answer after it began", () => {
  expect(isDown("EPERM", { othersAnsweredMs: 9999 })).toBe(false);
  expect(isDown("EPERM", { othersAnsweredMs: 10_000 })).toBe(true);
});

test("a link that is back says nothing of what clients meet now, whoever answers", () => {
  expect(isDown("link-was-down", { nowMs: 12_000, othersAnsweredMs: 12_000 })).toBe(false);
});

const alone = { isAlone: true, nowMs: 73_000, othersAnsweredMs: 72_000 };

test.for(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EAGAIN", "EADDRNOTAVAIL", "EAI_AGAIN"])(
  "%s: for ever no verdict, save for who is alone with it for a minute and a round",
  (code) => {
    expect(isDown(code, { nowMs: 10_000_000, othersAnsweredMs: 9_999_999 })).toBe(false);
    expect(isDown(code, alone)).toBe(true);
    expect(isDown(code, { ...alone, nowMs: 72_999 })).toBe(false);
    // Nobody else was asked with success: it may hit everybody.
    expect(isDown(code, { ...alone, othersAnsweredMs: 9999 })).toBe(false);
    expect(isDown(code, { ...alone, othersAnsweredMs: 10_000 })).toBe(true);
  },
);

test("a check that lacks something of its own blames nobody, though nobody else has it", () => {
  expect(isDown("CHECK_PROGRAMS", alone)).toBe(false);
  expect(isDown("LIBRARY", alone)).toBe(false);
});
