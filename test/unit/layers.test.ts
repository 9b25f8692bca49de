import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { Linter } from "eslint";
import { expect, test } from "vitest";
import { layers, layersPlugin } from "../../layers.mjs";

const top = join(import.meta.dirname, "../..");
const rows = Object.keys(layers);

/** What ESLint says of a file with that one line in it. */
function complaints(file: string, line: string): readonly string[] {
  const config: Linter.Config = {
    files: ["**/*.ts"],
    plugins: { layers: layersPlugin },
    rules: { "layers/layers": "error" },
  };
  return new Linter({ cwd: top })
    .verify(line, config, join(top, file))
    .map(({ message }) => message);
}

/** A file of the row, and the path by which another file is imported from there. */
const fileOf = (row: string): string => (row.endsWith(".ts") ? row : `${row}/planted.ts`);
const importOf = (from: string, to: string): string => {
  const path = relative(join(fileOf(from), ".."), fileOf(to));
  return `import "${path.startsWith(".") ? path : `./${path}`}";`;
};

test.for(rows)("%s takes from its row, and from nobody else", (row) => {
  for (const other of rows) {
    const isFine = other === row || layers[row]?.includes(other) === true;
    expect([other, complaints(fileOf(row), importOf(row, other)).length]).toEqual([
      other,
      isFine ? 0 : 1,
    ]);
  }
});

test("a type, a re-export and a dynamic import count too", () => {
  expect(complaints("src/model/planted.ts", 'export * from "../log/logger.ts";')).toHaveLength(1);
  expect(complaints("src/model/planted.ts", 'void import("../log/logger.ts");')).toHaveLength(1);
  expect(complaints("src/model/planted.ts", 'import "../cli.ts";')).toHaveLength(1);
  expect(complaints("src/health/probes/planted.ts", 'import "../../mail/smtp.ts";')).toHaveLength(
    1,
  );
  expect(complaints("src/health/probes/planted.ts", 'import "../blame/excuse.ts";')).toEqual([]);
});

test("no row leads back to itself", () => {
  const above = (row: string, seen: Set<string>): ReadonlySet<string> => {
    for (const next of layers[row] ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      above(next, seen);
    }
    return seen;
  };
  const circles = rows.filter((row) => above(row, new Set()).has(row));
  // A check's shared parts know what a check is, and no more of it.
  expect(circles).toEqual(["checks/lib", "checks"]);
});

test("every folder has a row, and every row a folder", () => {
  const folders = readdirSync(join(top, "src"))
    .map((name) => `src/${name}`)
    .filter((path) => statSync(join(top, path)).isDirectory());
  expect(rows.filter((row) => row.startsWith("src/") && !row.endsWith(".ts")).sort()).toEqual(
    folders.sort(),
  );
  expect(rows.filter((row) => !existsSync(join(top, row)))).toEqual([]);
});

test("no file leads back to itself, by values or by types", () => {
  const files = ["src", "checks"].flatMap((folder) =>
    readdirSync(join(top, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(top, folder, name)),
  );
  const imports = new Map(
    files.map((file) => [
      file,
      [...readFileSync(file, "utf8").matchAll(/^(?:import|export|\}) .*?"(\.[^"]+)";$/gm)].map(
        ([, path = ""]) => join(dirname(file), path),
      ),
    ]),
  );
  expect([...imports.values()].flat().length).toBeGreaterThan(files.length);
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file))
      circles.push([...way, file].map((each) => relative(top, each)).join(" "));
    if (done.has(file)) return;
    done.add(file);
    for (const next of imports.get(file) ?? []) visit(next, [...way, file]);
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});
