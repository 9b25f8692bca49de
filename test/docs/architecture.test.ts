import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const top = join(import.meta.dirname, "../..");
const page = readFileSync(join(top, "docs/ARCHITECTURE.md"), "utf8");

/** The rows of "Where to look": the folders, and what the column "pure" says of them. */
const rows = [...page.matchAll(/^\| ((?:`[^`]+`,? ?)+) \| .* \| ([^|]+) \|$/gm)].map(
  ([, folders = "", pure = ""]) => ({ folders: named(folders), pure }),
);

function named(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
}

const filesIn = (folder: string): readonly string[] =>
  readdirSync(join(top, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));

/** A name in the column, as a file or folder from the top. */
function located(name: string, folders: readonly string[]): string {
  const places = folders.flatMap((folder) => [join(folder, name), join("src", name)]);
  const place = places.find((path) => existsSync(join(top, path)));
  if (place === undefined) throw new Error(`${name} is in none of ${folders.join(", ")}`);
  return place;
}

const pureFiles = rows.flatMap(({ folders, pure }) => {
  if (!folders.some((folder) => folder.startsWith("src/"))) return [];
  const files = named(pure).map((name) => located(name, folders));
  const all = files.flatMap((path) =>
    statSync(join(top, path)).isDirectory() ? filesIn(path) : [path],
  );
  if (pure.startsWith("yes")) return folders.flatMap(filesIn);
  if (!pure.startsWith("but for")) return all;
  return folders.flatMap(filesIn).filter((file) => !all.includes(file));
});

/** Of Node.js, what only computes. */
const harmless = new Set(["path", "net", "crypto", "util", "url", "buffer"]);
const acts =
  /\b(setTimeout|setInterval|setImmediate|fetch|process|console|Date\.now|performance)\b/;

test("the table of folders can be read", () => {
  expect(rows.length).toBeGreaterThan(12);
  expect(pureFiles.length).toBeGreaterThan(60);
});

test.for(pureFiles)("%s is as pure as the page says", (file) => {
  const text = readFileSync(join(top, file), "utf8");
  const modules = [...text.matchAll(/from "node:([^"]+)"/g)].map(([, name = ""]) => name);
  expect(modules.filter((name) => !harmless.has(name))).toEqual([]);
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, "");
  expect(acts.exec(code)?.[0]).toBeUndefined();
});
