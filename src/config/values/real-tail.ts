import type { RealServer } from "../../model/real-server.ts";
import { forwardingMethods } from "../text/words.ts";
import { forwardingHint } from "./forwarding.ts";
import type { Problem } from "./reading.ts";

/** What follows the address of a `real=` line. */
export type RealTail = Pick<
  RealServer,
  "forwarding" | "weight" | "upperThreshold" | "lowerThreshold" | "request" | "receive"
>;

/** The limits of `ipvsadm -w` and of the kernel's u32. */
const maxWeight = 65_535;
const maxThreshold = 0xffff_ffff;

const warning = (message: string): Problem => ({ severity: "warning", message });

/**
 * `METHOD [WEIGHT] ["REQUEST", "RECEIVE"] [l:N] [u:N]`; the thresholds may stand anywhere behind the
 * method and may be quoted one by one. Text between the method and the weight is skipped (`gate -w 7`).
 */
export function readRealTail(flags: string): {
  readonly tail?: RealTail;
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const fail = (legacy: string, message: string) => ({
    problems: [{ severity: "error" as const, legacy, message }],
  });

  const [, word = "", rest = ""] = /(\w+)(.*)/s.exec(flags) ?? [];
  const forwarding = forwardingMethods.find((method) => method === word);
  if (forwarding === undefined) {
    const port = /^\s*:(\w+)/.exec(flags)?.[1];
    if (port !== undefined) {
      const message = `no blank may stand before ":${port}": it is the server's port`;
      return fail("forward method must be gate, masq or ipip", message);
    }
    const what =
      word === "" ? "the forwarding method is missing" : `"${word}" is no forwarding method`;
    const hint = forwardingHint(/[\w-]+/.exec(flags)?.[0] ?? "");
    return fail("forward method must be gate, masq or ipip", what + hint);
  }

  const parts = splitTail(rest);
  const leftover = (around: string, message: string) =>
    fail(`Invalid real server line, around "${legacyLeftover(rest) ?? around}"`, message);

  const { weightText, junk, skipped } = readWeight(parts.before, parts.after);
  if (junk !== undefined) {
    return leftover(junk, `${JSON.stringify(junk.trim())} is not understood; ${shape}`);
  }
  if (skipped !== "") problems.push(warning(`${JSON.stringify(skipped)} is ignored`));

  const strings = parts.quoted === "" ? undefined : requestAndReceive(parts.quoted);
  if (parts.quoted !== "" && strings === undefined) {
    const count = parts.quoted.split('"').length - 1;
    const message =
      count === 1
        ? "one of two double quotes is missing"
        : `a request needs a receive string behind it; ${shape}`;
    return leftover(parts.quoted, message);
  }

  let weight = weightText === undefined ? 1 : Number(weightText);
  if (weight > maxWeight) {
    problems.push(warning(`weight ${weightText} is above ${maxWeight}; taken as ${maxWeight}`));
    weight = maxWeight;
  }
  const upper = threshold(parts.upper, problems);
  let lower = threshold(parts.lower, problems);
  if (lower > upper && upper > 0) {
    const message = `the lower threshold ${lower} is above the upper one ${upper}: the kernel refuses it`;
    return { problems: [warning(`${message}; the server is left out`)] };
  }
  if (lower > upper) {
    problems.push(warning(`l:${lower} has no effect without an upper threshold u:N`));
    lower = 0;
  }
  return {
    tail: { forwarding, weight, upperThreshold: upper, lowerThreshold: lower, ...strings },
    problems,
  };
}

const shape = 'write gate 1 "request", "receive" l:5 u:10';

function threshold(text: string | undefined, problems: Problem[]): number {
  const number = text === undefined ? 0 : Number(text);
  if (number <= maxThreshold) return number;
  problems.push(warning(`threshold ${text} is above ${maxThreshold}; taken as ${maxThreshold}`));
  return maxThreshold;
}

interface TailParts {
  /** Unquoted text before the first string and behind the last. */
  readonly before: string;
  readonly after: string;
  /** From the first to the last double quote, both included. */
  readonly quoted: string;
  readonly lower?: string;
  readonly upper?: string;
}

/** Takes the thresholds out, and parts what is quoted from what is not. */
function splitTail(rest: string): TailParts {
  const found: { l?: string; u?: string } = {};
  const take = (_: string, lead: string, kind: string, number: string): string => {
    found[kind === "l" ? "l" : "u"] = number;
    return lead;
  };
  const first = rest.indexOf('"');
  const last = rest.lastIndexOf('"');
  const bare = (text: string) => text.replace(/(^|\s)([lu]):(\d+)(?=\s|$)/g, take);
  if (first < 0) return { before: bare(rest), after: "", quoted: "", ...limits(found) };

  let quoted = rest.slice(first, last + 1);
  const spare = { ...found };
  const alone = quoted
    .replace(/((?:^|[\s,])\s*)"([lu]):(\d+)"(?=[\s,]|$)/g, take)
    .replace(/^[\s,]+|[\s,]+$/g, "");
  // `"a", "l:5"` is a request and what to receive: taking the threshold out would leave half of it.
  if (alone === "" || requestAndReceive(alone) !== undefined) quoted = alone;
  else Object.assign(found, { l: spare.l, u: spare.u });
  const before = bare(rest.slice(0, first));
  const after = bare(rest.slice(last + 1));
  return { before, after, quoted, ...limits(found) };
}

const limits = (found: { l?: string | undefined; u?: string | undefined }) => ({
  ...(found.l === undefined ? {} : { lower: found.l }),
  ...(found.u === undefined ? {} : { upper: found.u }),
});

/** The first string takes as much as it can, so that both may hold quotes. */
function requestAndReceive(quoted: string): { request: string; receive: string } | undefined {
  const match = /^"(.*)"(?:\s*,\s*|\s+)"(.*)"$/s.exec(quoted);
  if (match === null) return undefined;
  const [, request = "", receive = ""] = match;
  return { request: request === "" ? "/" : request, receive };
}

/** The first number outside the strings; what stands before it is skipped, what stands behind is wrong. */
function readWeight(before: string, after: string) {
  const match = /^(.*?)\s(\d+)(.*)$/s.exec(before);
  if (match !== null) {
    const [, skipped = "", weightText = "", behind = ""] = match;
    const junk = [behind, after].find((text) => text.trim() !== "");
    return { weightText, skipped: skipped.trim(), junk };
  }
  const late = /^\s+(\d+)\s*$/.exec(after)?.[1];
  if (late !== undefined && before.trim() === "") {
    return { weightText: late, skipped: "", junk: undefined };
  }
  const junk = [before, after].find((text) => text.trim() !== "");
  return { weightText: undefined, skipped: "", junk };
}

/** What the original's successive searches would leave of a tail, for its message. */
function legacyLeftover(rest: string): string | undefined {
  let left = rest;
  for (const search of [
    /\s+\d+(.*)/s,
    /\s+".*"[, ]\s*".*"(.*)/s,
    /\s+l:\d+(.*)/s,
    /\s+u:\d+(.*)/s,
  ]) {
    left = search.exec(left)?.[1] ?? left;
  }
  return left.trim() === "" ? undefined : left;
}
