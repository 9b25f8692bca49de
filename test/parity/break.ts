import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ourProgram } from "../lab/director.ts";

/** Mistakes that the bench must notice, by PARITY_BREAK: a text of our build, and what is put in its place. */
const mistakes: Readonly<Record<string, readonly [file: string, from: RegExp, to: string]>> = {
  // What is taken out of the table stays in it with weight 0.
  quiesce: ["src/reconcile/desired.js", /\b\w+\.isQuiescent\b/g, "true"],
};

let broken: string | undefined;

/** A copy of our build with the mistake in it; undefined when none is asked for. */
export function brokenProgram(): string | undefined {
  const name = process.env["PARITY_BREAK"];
  if (!name || broken) return broken;
  const mistake = mistakes[name];
  if (!mistake) throw new Error(`PARITY_BREAK=${name}: known are ${Object.keys(mistakes)}`);
  const build = dirname(dirname(ourProgram));
  // Inside the build, for it to find its packages.
  const copy = join(build, "broken");
  process.once("exit", () => rmSync(copy, { recursive: true, force: true }));
  for (const part of ["src", "checks"]) {
    cpSync(join(build, part), join(copy, part), { recursive: true });
  }
  const file = join(copy, mistake[0]);
  const text = readFileSync(file, "utf8");
  const changed = text.replace(mistake[1], mistake[2]);
  if (changed === text) throw new Error(`PARITY_BREAK=${name}: ${file} has no ${mistake[1]}`);
  writeFileSync(file, changed);
  broken = join(copy, "src/cli.js");
  return broken;
}
