#!/usr/bin/env node
// How strong the unit tests are: breaks the pure core at places drawn by chance, one at a time, in a copy of the
// sources, and runs the unit tests that could see it. What nobody sees is named.
//
//   node test/mutants.mjs [--count N] [--seed N] [--in PATH …]
//
// Exit: 0 when 95 in 100 of those that are not known to change nothing are seen, else 1.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import ts from "typescript";
import { install, top } from "../packaging/setup.mjs";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "45" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    in: { type: "string", multiple: true },
  },
});
const places =
  values.in ?? ["reconcile", "health", "ipvs", "netlink", "model"].map((it) => `src/${it}`);
const wanted = 0.95;

/** What one token may become. */
const swaps = new Map([
  ["===", "!=="],
  ["!==", "==="],
  ["<", "<="],
  ["<=", "<"],
  [">", ">="],
  [">=", ">"],
  ["&&", "||"],
  ["||", "&&"],
  ["??", "&&"],
  ["+", "-"],
  ["-", "+"],
  ["*", "/"],
  ["||=", "&&="],
  ["??=", "="],
  ["+=", "-="],
]);

/** @returns every place in the file that can be broken, as `{ at, length, to }` */
function breaksIn(path) {
  const text = readFileSync(join(top, path), "utf8");
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
  const found = [];
  const add = (node, to) =>
    found.push({ path, at: node.getStart(source), length: node.getWidth(source), to });
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node))
      return;
    if (ts.isImportDeclaration(node)) return;
    if (ts.isBinaryExpression(node)) {
      const to = swaps.get(node.operatorToken.getText(source));
      // What joins texts is no sum.
      const joins = [node.left, node.right].some(
        (side) => ts.isStringLiteralLike(side) || ts.isTemplateExpression(side),
      );
      if (to !== undefined && !joins) add(node.operatorToken, to);
    }
    if (node.kind === ts.SyntaxKind.TrueKeyword) add(node, "false");
    if (node.kind === ts.SyntaxKind.FalseKeyword) add(node, "true");
    if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
      add(node, node.operand.getText(source));
    if (ts.isIfStatement(node)) add(node.expression, `!(${node.expression.getText(source)})`);
    if (ts.isExpressionStatement(node) && ts.isCallExpression(node.expression)) add(node, ";");
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found.map((each) => {
    const { line, character } = source.getLineAndCharacterOfPosition(each.at);
    const was = text.slice(each.at, each.at + each.length);
    const code = text.split("\n")[line]?.trim() ?? "";
    return {
      ...each,
      was,
      place: `${path}:${line + 1}:${character + 1}`,
      name: `${path}: ${code}: ${was} -> ${each.to}`,
    };
  });
}

/** Park and Miller's: the same seed, the same breaks. */
function drawer(seed) {
  let state = (seed % 2147483646) + 1;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

if (!install()) throw new Error("npm ci failed: nothing was tried");
const files = places.flatMap((place) =>
  place.endsWith(".ts")
    ? [place]
    : readdirSync(join(top, place), { recursive: true })
        .filter((name) => name.endsWith(".ts"))
        .map((name) => join(place, name)),
);
/** By name, why nobody could see it. */
const equal = JSON.parse(
  readFileSync(join(import.meta.dirname, "support/equal-mutants.json"), "utf8"),
);
const all = files.flatMap(breaksIn).filter(({ name }) => !Object.hasOwn(equal, name));
const draw = drawer(Number(values.seed));
const wantedCount = Math.min(Number(values.count), all.length);
const chosen = [];
while (chosen.length < wantedCount) chosen.push(...all.splice(draw(all.length), 1));

const copy = mkdtempSync(join(tmpdir(), "mutants-"));
try {
  for (const name of ["src", "checks", "test", "docs", "packaging", "examples", "bench"])
    cpSync(join(top, name), join(copy, name), { recursive: true });
  for (const name of readdirSync(top).filter((each) => /\.(json|ts|mjs|mts|md|sample)$/.test(each)))
    cpSync(join(top, name), join(copy, name));
  symlinkSync(join(top, "node_modules"), join(copy, "node_modules"));
  console.log(`${chosen.length} of ${all.length + chosen.length} breaks, seed ${values.seed}`);
  const survivors = [];
  for (const { path, at, length, to, place, was } of chosen) {
    const text = readFileSync(join(top, path), "utf8");
    writeFileSync(join(copy, path), text.slice(0, at) + to + text.slice(at + length));
    const args = [
      "related",
      "--run",
      "--project",
      "unit",
      "--bail",
      "1",
      "--reporter",
      "dot",
      path,
    ];
    const vitest = join(copy, "node_modules/vitest/vitest.mjs");
    const { status } = spawnSync(process.execPath, [vitest, ...args], {
      cwd: copy,
      timeout: 180_000,
      stdio: "ignore",
    });
    writeFileSync(join(copy, path), text);
    if (status === 0) survivors.push(place);
    console.log(`${status === 0 ? "SURVIVED" : "seen"}  ${place}  ${was} -> ${to}`);
  }
  const seen = chosen.length - survivors.length;
  console.log(`${seen} of ${chosen.length} seen (${Math.round((100 * seen) / chosen.length)} %)`);
  process.exitCode = seen >= wanted * chosen.length ? 0 : 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}
