/**
 * The original and we on the same list of real servers, service by service: what each says of them is as the list
 * has it, and nothing else. docs/differences.md shows the list's differences.
 */
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isOriginal, originalProgram, type Who } from "../lab/director.ts";
import { type Outcome, printLeftOut, printSurprises, ServiceLab } from "../lab/service-lab.ts";
import { lacking } from "../lab/services/perl-modules.ts";
import { expectedOf, groups, type Target, targets } from "../lab/services/targets.ts";

const hasOriginal = existsSync(originalProgram);
let lab: ServiceLab;
let cannot: ReadonlyMap<Target, readonly string[]>;

beforeAll(async () => {
  lab = await ServiceLab.open();
  cannot = hasOriginal ? await lacking(targets) : new Map();
  printLeftOut(leftOut());
});
afterAll(() => lab?.close());

function leftOut(): readonly string[] {
  if (!hasOriginal) return [`anything: the original is not installed (${originalProgram})`];
  return [
    "oracle: there is neither a server nor the original's driver (DBD::Oracle) to be had",
    "radius over IPv6: the original dies, for its library knows IPv4 only",
    ...[...cannot].map(
      ([{ title }, modules]) => `${title}: the original lacks ${modules.join(" and ")}`,
    ),
  ];
}

function expectAsListed(who: Who, list: readonly Target[], outcome: Outcome): void {
  printSurprises(who, list, outcome);
  const listed = Object.fromEntries(list.map((it) => [it.title, expectedOf(it, who)]));
  expect(outcome.verdicts).toEqual(listed);
}

describe.skipIf(isOriginal)("on the same list of real servers", () => {
  test("ours are the verdicts listed", async () => {
    expectAsListed("ours", targets, await lab.ours(targets));
  });

  describe.concurrent("the original's are the verdicts listed", () => {
    test.for(groups.map((group, number) => [group.join(", "), number] as const))(
      "%s",
      async ([, number], { skip }) => {
        const services = groups[number] ?? [];
        const list = targets.filter((it) => services.includes(it.service) && !cannot.has(it));
        if (!hasOriginal || list.length === 0) return skip();
        expectAsListed("original", list, await lab.original(number, list));
      },
    );
  });

  test("each service is in one group", () => {
    const all = [...new Set(targets.map(({ service }) => service))];
    expect(groups.flat().sort()).toEqual(all.sort());
  });
});
