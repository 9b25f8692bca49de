import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ourProgram } from "../../lab/director.ts";

/** Mistakes that the rig must notice: a text of our build, and what is put in its place. */
const mistakes = {
  // What is taken out of the table stays in it with weight 0.
  quiesce: ["src/reconcile/desired.js", /\b\w+\.isQuiescent\b/g, "true"],
} satisfies Record<string, readonly [file: string, from: RegExp, to: string]>;

export type Mistake = keyof typeof mistakes;

/** PARITY_BREAK, for whole runs of the rig. */
export function wantedMistake(): Mistake | undefined {
  const name = process.env["PARITY_BREAK"];
  if (!name || name in mistakes) return (name || undefined) as Mistake | undefined;
  throw new Error(`PARITY_BREAK=${name}: known are ${Object.keys(mistakes)}`);
}

/** A copy of our build with the mistake in it. */
export function brokenProgram(name: Mistake): string {
  const mistake = mistakes[name];
  const build = dirname(dirname(ourProgram));
  // Inside the build, for it to find its packages.
  const copy = join(build, `broken-${name}`);
  if (existsSync(copy)) return join(copy, "src/cli.js");
  process.once("exit", () => rmSync(copy, { recursive: true, force: true }));
  for (const part of ["src", "checks"]) {
    cpSync(join(build, part), join(copy, part), { recursive: true });
  }
  const file = join(copy, mistake[0]);
  const text = readFileSync(file, "utf8");
  const changed = text.replace(mistake[1], mistake[2]);
  if (changed === text) throw new Error(`${name}: ${file} has no ${mistake[1]}`);
  writeFileSync(file, changed);
  return join(copy, "src/cli.js");
}
