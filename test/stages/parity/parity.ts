import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Case, Group } from "./case.ts";
import { expectNone } from "./expect-none.ts";
import { type Findings, GroupRun } from "./group-run.ts";
import { Rig } from "./rig.ts";
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

/**
 * A test for each case: the groups run side by side, each on daemons of its own.
 * @param isRandom other groups each time
 */
export function compareGroups(title: string, all: readonly Group[], isRandom = false): void {
  const groups = chosen(all);
  const findings = new Map<Group, Promise<Findings>>();
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.open(groups.length);
    let first = 0;
    const lanes: Promise<unknown>[] = [];
    groups.forEach((group, i) => {
      const number = first;
      first += group.cases.length;
      const before = lanes[i - atOnce] ?? Promise.resolve();
      const run = before.then(() => GroupRun.run(rig, group, number, isRandom));
      lanes.push(run);
      findings.set(group, run);
    });
  });
  afterAll(() => rig?.close());

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
