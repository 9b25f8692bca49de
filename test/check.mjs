#!/usr/bin/env node
// `npm run check [-- BASE]`: what is quick to know of a change while one writes: types, format, lint, and the unit tests
// that import what differs from BASE (the last commit; where nothing does, the one before).
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { install, top } from "../packaging/setup.mjs";
import { start } from "./start.mjs";

const git = (...args) =>
  execFileSync("git", args, { cwd: top, encoding: "utf8" }).split("\n").filter(Boolean);

/** Paths from the top of those that are there and are not as they were. */
function changedSince(base) {
  const names = [
    ...git("diff", "--name-only", "--relative", base),
    ...git("ls-files", "--others", "--exclude-standard"),
  ];
  return [...new Set(names)].filter((name) => existsSync(join(top, name)));
}

/** By path, the paths of the modules that it imports. */
function importsOfTests() {
  const files = readdirSync(join(top, "test"), { recursive: true })
    .map((name) => `test/${name}`)
    .filter((name) => /\.m?ts$/.test(name));
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(top, file), "utf8");
      const found = [...text.matchAll(/(?:from|import\() ?"(\.[^"]+)"/g)];
      const folder = dirname(join(top, file));
      return [file, found.map(([, path]) => relative(top, resolve(folder, path)))];
    }),
  );
}

/** Tests that are changed, or that import what is; by way of helpers of the tests, too, but not of other sources. */
function testsOf(changed) {
  const imports = importsOfTests();
  const reached = new Set(changed);
  for (let before = -1; before !== reached.size; ) {
    before = reached.size;
    for (const [file, list] of imports) if (list.some((it) => reached.has(it))) reached.add(file);
  }
  const isUnit = (name) => /^test\/(unit|docs|lab)\/.*\.test\.ts$/.test(name);
  const isText = changed.some((name) => /^(docs|examples|packaging)\/|\.md$/.test(name));
  return [...[...reached].filter(isUnit), ...(isText ? ["test/docs"] : [])];
}

const bin = (name) => join(top, "node_modules", ".bin", name);

if (!install()) process.exit(1);
const base = process.argv[2] ?? "HEAD";
const sinceBase = changedSince(base);
const changed = sinceBase.length > 0 ? sinceBase : changedSince("HEAD~1");
const sources = changed.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"));
const tests = testsOf(changed);
const state = (name) => join(top, ".cache", name);
const tsc = ["--noEmit", "--incremental", "--tsBuildInfoFile", state("types.json")];
const tools = [
  ["types", "tsc", tsc],
  [
    "format and lint",
    "biome",
    ["check", "--no-errors-on-unmatched", "--files-ignore-unknown=true", ...changed],
  ],
  ...(sources.length > 0 ? [["typed lint", "eslint", sources]] : []),
  ...(tests.length > 0 ? [["unit tests", "vitest", ["run", "--project", "unit", ...tests]]] : []),
];

console.log(`${changed.length} files differ, ${tests.length} of the tests import them`);
const begin = Date.now();
const results = await Promise.all(
  tools.map(async ([title, name, args]) => {
    const output = [];
    const status = await start(bin(name), args, { output });
    const seconds = ((Date.now() - begin) / 1000).toFixed(1);
    if (status !== 0) process.stdout.write(Buffer.concat(output));
    console.log(`${status === 0 ? "fine" : "FAILED"} after ${seconds} s: ${title}`);
    return status;
  }),
);
process.exitCode = results.some((status) => status !== 0) ? 1 : 0;
