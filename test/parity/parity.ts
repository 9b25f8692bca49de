import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Bench } from "./bench.ts";
import type { Case, Group } from "./case.ts";
import { expectNone } from "./expect-none.ts";
import { type Findings, GroupRun } from "./group-run.ts";
import { met } from "./story.ts";

/** Groups under way at once: a daemon mostly sleeps, but each has its memory. */
const atOnce = 3;

/** PARITY_ONLY: only cases, or groups, with this in their name. */
function chosen(groups: readonly Group[]): readonly Group[] {
  const part = process.env["PARITY_ONLY"];
  if (!part) return groups;
  return groups
    .map((group) =>
      group.name.includes(part)
        ? group
        : { ...group, cases: group.cases.filter(({ name }) => name.includes(part)) },
    )
    .filter(({ cases }) => cases.length > 0);
}

/** All that is needed to see it again. */
const tell = ({ globals }: Group, { file, before, steps }: Case): string =>
  [globals, file, JSON.stringify({ before, steps }, null, 1)].join("\n");

/** A test for each case: the groups run side by side, each on a pair of daemons of its own. */
export function compareGroups(title: string, all: readonly Group[]): void {
  const groups = chosen(all);
  const findings = new Map<Group, Promise<Findings>>();
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.open(groups.length);
    let first = 0;
    const lanes: Promise<unknown>[] = [];
    groups.forEach((group, i) => {
      const number = first;
      first += group.cases.length;
      const before = lanes[i - atOnce] ?? Promise.resolve();
      const run = before.then(() => GroupRun.run(bench, group, number));
      lanes.push(run);
      findings.set(group, run);
    });
  });
  afterAll(() => bench?.close());

  describe.for(groups)(`${title}: $name`, (group) => {
    for (const it of group.cases) {
      test(it.name, async () => {
        expectNone((await findings.get(group))?.get(it), tell(group, it));
      });
    }
    test("and the daemon itself", async () => {
      const all = (await findings.get(group)) ?? new Map();
      expectNone([...all.values()].at(-1));
    });
  });
}

/** What is left out of every comparison is left out for a reason that still holds. */
export function expectMet(...ids: readonly string[]): void {
  test.skipIf(process.env["PARITY_ONLY"])("what the comparison leaves out is there", () => {
    expect([...met]).toEqual(expect.arrayContaining([...ids]));
  });
}
