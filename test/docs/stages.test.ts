/** README.md's and test/README.md's tables of stages are made from test/stages.mjs, and its commands can be given. */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { allLines, readmeLines, stages } from "../stages.mjs";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** The lines of the document's table of stages: all that begin with a bar, from its head on. */
function tableOf(path: string): readonly string[] {
  const [, ...rest] = read(path).split(/^(?=\| stage \|)/m);
  const lines = (rest[0] ?? "").split("\n");
  return lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith("|")),
  );
}

test.each([
  ["README.md", readmeLines],
  ["test/README.md", allLines],
])("the table of %s is as made", (path, made) => {
  expect(tableOf(path)).toEqual(made());
});

test.each(stages.flatMap((it) => (it.script === undefined ? [] : [it.script])))(
  "npm run %s is a script",
  (script) => {
    expect(JSON.parse(read("package.json")).scripts).toHaveProperty(script);
  },
);

test.each(stages.flatMap((it) => (it.setUp === undefined ? [] : [it.setUp])))(
  "%s is a file",
  (path) => {
    expect(existsSync(new URL(`../../${path}`, import.meta.url))).toBe(true);
  },
);

test("each folder of stages is some stage's", () => {
  const included = stages.flatMap(({ project }) => project?.include ?? []).join(" ");
  for (const name of ["bad-behaviours", "daemon", "kernel", "package", "parity", "readings"]) {
    expect(included).toContain(`test/stages/${name}/`);
  }
});
