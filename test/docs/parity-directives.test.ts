import { expect, test } from "vitest";
import { directives } from "../../src/config/text/directives.ts";
import { dataCases } from "../lab/services/data-cases.ts";
import { udpCases } from "../lab/services/udp-cases.ts";
import * as health from "../stages/parity/cases/health.ts";
import * as liveTable from "../stages/parity/cases/live-table.ts";
import * as mail from "../stages/parity/cases/mail.ts";
import * as maintenance from "../stages/parity/cases/maintenance.ts";
import * as reload from "../stages/parity/cases/reload.ts";
import { scenes } from "../stages/parity/cases/scenes.ts";
import * as table from "../stages/parity/cases/table.ts";

const modules = [health, liveTable, mail, maintenance, reload, table];
const groups = modules.flatMap((it) => Object.values(it)).filter((it) => "cases" in it);
const texts = [
  ...groups.flatMap(({ globals, tail = "", cases }) => [
    globals,
    tail,
    ...cases.flatMap(({ file, steps = [] }) => [file, ...steps.map(({ edit = "" }) => edit)]),
  ]),
  ...scenes.flatMap(({ files }) => Object.values(files)),
  // test/stages/parity/service-parity-*.test.ts
  ...Object.values({ ...dataCases, ...udpCases }).flatMap((cases) =>
    cases.flatMap(({ lines = [] }) => lines.map((line) => `    ${line}`)),
  ),
];
const said = new Set(
  texts.flatMap((text) =>
    [...text.matchAll(/^([ \t]*)(\w+)\s*=/gm)].map(([, blanks, name]) =>
      blanks ? `${name} in a service` : `${name} for all`,
    ),
  ),
);

// Not what is said of a file (test/stages/readings), where each stands too, but what a daemon does with it.
test("every directive stands in a case of the parity rig, in each place where it may", () => {
  const wanted = directives
    .filter(({ kind }) => kind !== "removed")
    .flatMap(({ name, scope }) =>
      [...scope].map((it) => `${name} ${it === "G" ? "for all" : "in a service"}`),
    );
  expect(wanted.filter((it) => !said.has(it))).toEqual([]);
});
