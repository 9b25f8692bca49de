import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isOriginal, originalProgram, type Who } from "../../lab/director.ts";
import { type Outcome, printLeftOut, printSurprises, ServiceLab } from "../../lab/service-lab.ts";
import { lacking } from "../../lab/services/perl-modules.ts";
import {
  expectedOf,
  type Part,
  parts,
  type Target,
  targetsOf,
} from "../../lab/services/targets.ts";

const hasOriginal = existsSync(originalProgram);

function expectAsListed(who: Who, list: readonly Target[], outcome: Outcome): void {
  printSurprises(who, list, outcome);
  const listed = Object.fromEntries(list.map((it) => [it.title, expectedOf(it, who)]));
  expect(outcome.verdicts).toEqual(listed);
}

/**
 * The original and we on the same list of real servers, service by service: what each says of them is as the list
 * has it, and nothing else: the list is the record of the original. docs/differences.md shows the list's differences.
 */
export function compareWithOriginal(part: Part): void {
  const targets = targetsOf(parts[part].flat());
  let lab: ServiceLab;
  let cannot: ReadonlyMap<Target, readonly string[]> = new Map();

  const leftOut = (): readonly string[] =>
    hasOriginal
      ? [...cannot].map(
          ([{ title }, modules]) => `${title}: the original lacks ${modules.join(" and ")}`,
        )
      : [`anything: the original is not installed (${originalProgram})`];

  describe.skipIf(isOriginal)("on the same list of real servers", () => {
    beforeAll(async () => {
      lab = await ServiceLab.open(part);
      if (hasOriginal) cannot = await lacking(targets);
      printLeftOut(leftOut());
    });
    afterAll(async () => {
      await lab?.close();
    });

    test("ours are the verdicts listed", async () => {
      expectAsListed("ours", targets, await lab.ours(targets));
    });

    describe.concurrent("the original's are the verdicts listed", () => {
      test.for(parts[part].map((group, number) => [group.join(", "), number] as const))(
        "%s",
        async ([, number], { skip }) => {
          const list = targetsOf(parts[part][number] ?? []).filter((it) => !cannot.has(it));
          if (!hasOriginal || list.length === 0) return skip();
          expectAsListed("original", list, await lab.original(number, list));
        },
      );
    });
  });
}
