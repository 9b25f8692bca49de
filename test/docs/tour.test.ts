/** docs/tour.md as it can be read; test/stages/kernel/tour.test.ts plays it. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ctlProgram } from "../../src/ctl/program.ts";
import { stepsOf, withoutTimes } from "../lab/transcript.ts";
import { heardTerminal } from "../support/fakes/heard-terminal.ts";

const page = readFileSync(new URL("../../docs/tour.md", import.meta.url), "utf8");
const steps = stepsOf(page);
const commands = steps.flatMap((step) => (step.kind === "command" ? [step] : []));

test("every command of ldirectorctl in it is one, and says something", () => {
  const screen = { ...heardTerminal().terminal, columns: undefined, hasColour: false };
  const names = ctlProgram(screen, () => {}).commands.map((command) => command.name());
  const ours = commands.filter(({ command }) => command.startsWith("ldirectorctl "));
  expect(ours.length).toBeGreaterThan(10);
  for (const { command, output } of ours) {
    const [, name] = /^ldirectorctl (?:-c \S+ )?(\w+)/.exec(command) ?? [];
    expect(names).toContain(name);
    expect(output).not.toBe("");
  }
});

test("each console block and each directive is a step", () => {
  const count = (pattern: RegExp) => page.match(pattern)?.length ?? 0;
  expect(commands.length).toBe(count(/^\$ /gm));
  expect(steps.length - commands.length).toBe(count(/^<!-- lab: /gm));
});

describe("a transcript without its times", () => {
  test.for<[name: string, one: string, other: string]>([
    ["dates", "until 2026-11-30 15:04:05Z at", "until 2027-01-02 00:00:00Z at"],
    ["how long", "up  3m 2s   1 0", "up  9s      1 0"],
    ["how long it took", "DATE    12 ms  up: 200 OK", "DATE 1234 ms  up: 200 OK"],
    ["how long a drain took", "drained after 3s: nobody", "drained after 1m 2s: nobody"],
    ["who it was", "Error [12] reading file x", "Error [4711] reading file x"],
    [
      "older results",
      "  Its last results, newest first:\n    a\n    b\n      words\n$ x\n",
      "  Its last results, newest first:\n    a\n$ x\n",
    ],
    [
      "counts of a drain",
      "2 connections, 9s left\nx",
      "2 connections, 9s left\n0 connections, 8s left\nx",
    ],
    ["checks that run late", "a\nchecks run late: 1 of 9, 700 ms at worst\nb", "a\nb"],
  ])("is the same: %s", (pair) => {
    const [, one, other] = pair;
    expect(withoutTimes(one)).toBe(withoutTimes(other));
  });

  test.for<[name: string, one: string, other: string]>([
    ["a weight", "gate weight 2", "gate weight 5"],
    ["a share", "0     33%", "0     67%"],
    ["a line", "ldirectord.cf:17:7", "ldirectord.cf:18:7"],
    [
      "the newest result",
      "first:\n    DATE 1 ms  up: 200 OK\n",
      "first:\n    DATE 1 ms  refused\n",
    ],
    ["an interval", "it is asked every 1 s.", "it is asked every 2 s."],
  ])("is not the same: %s", (pair) => {
    const [, one, other] = pair;
    expect(withoutTimes(one)).not.toBe(withoutTimes(other));
  });
});
