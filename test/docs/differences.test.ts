import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as health from "../stages/parity/cases/health.ts";
import * as liveTable from "../stages/parity/cases/live-table.ts";
import * as mail from "../stages/parity/cases/mail.ts";
import * as maintenance from "../stages/parity/cases/maintenance.ts";
import * as reload from "../stages/parity/cases/reload.ts";
import { scenes } from "../stages/parity/cases/scenes.ts";
import * as table from "../stages/parity/cases/table.ts";
import { leftOut } from "../stages/parity/story.ts";
import { allReadings } from "../stages/readings/cases/all.ts";

const modules = [health, liveTable, mail, maintenance, reload, table];
const groups = modules.flatMap((it) => Object.values(it)).filter((it) => "cases" in it);

const byCases = [
  ...groups.flatMap(({ differs = [], cases }) => [
    ...differs,
    ...cases.flatMap((it) => it.differs ?? []),
  ]),
  ...scenes.flatMap(({ differs = [], acts }) => [
    ...differs,
    ...acts.flatMap((it) => it.differs ?? []),
  ]),
  ...allReadings.flatMap(({ readings }) => readings.flatMap((it) => it.differs ?? [])),
].map(({ id }) => id);

const text = readFileSync(new URL("../../docs/differences.md", import.meta.url), "utf8");
const named = [...text.matchAll(/^\|.*\bparity:([a-z-]+) \|$/gm)].map(([, id]) => id);

// The rig accepts nothing that is not told to operators, and the rows' cases exist.
test("docs/differences.md names the differences that the parity cases accept, and no others", () => {
  expect([...new Set(named)].sort()).toEqual(
    [...new Set([...byCases, ...Object.keys(leftOut)])].sort(),
  );
});

test("each of them is one row", () => {
  expect(named.toSorted()).toEqual([...new Set(named)].sort());
});

test("there are at least 150 named cases", () => {
  const acts = scenes.flatMap((it) => it.acts);
  const names = groups.flatMap(({ name, cases }) => cases.map((it) => `${name}: ${it.name}`));
  expect(new Set(names).size).toBe(names.length);
  expect(names.length + acts.length).toBeGreaterThanOrEqual(150);
});
