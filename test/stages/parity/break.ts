import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ourProgram } from "../../lab/director.ts";

/** Mistakes that the rig must notice: a text of one file of our build, and what is put in its place. */
const mistakes = {
  // Of reconcile/desired.ts: what is taken out of the table stays in it with weight 0.
  quiesce: [/\b\w+\.isQuiescent\b/g, "true"],
} satisfies Record<string, readonly [from: RegExp, to: string]>;

export type Mistake = keyof typeof mistakes;

/** PARITY_BREAK, for whole runs of the rig. */
export function wantedMistake(): Mistake | undefined {
  const name = process.env["PARITY_BREAK"];
  if (!name || name in mistakes) return (name || undefined) as Mistake | undefined;
  throw new Error(`PARITY_BREAK=${name}: known are ${Object.keys(mistakes)}`);
}

/** A copy of our build with the mistake in it. */
export function brokenProgram(name: Mistake): string {
  const [from, to] = mistakes[name];
  const build = dirname(dirname(ourProgram));
  // Inside the build, for it to find its packages.
  const copy = join(build, `broken-${name}`);
  if (existsSync(copy)) return join(copy, "src/cli.js");
  process.once("exit", () => rmSync(copy, { recursive: true, force: true }));
  for (const part of ["src", "checks", "lib"].filter((each) => existsSync(join(build, each)))) {
    cpSync(join(build, part), join(copy, part), { recursive: true });
  }
  const texts = readdirSync(copy, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".js"))
    .map((path) => ({ file: join(copy, path), text: readFileSync(join(copy, path), "utf8") }));
  const [found, ...others] = texts.filter(({ text }) => text.search(from) >= 0);
  if (found === undefined || others.length > 0) {
    throw new Error(`${name}: ${from} is in ${found ? others.length + 1 : 0} files of ${copy}`);
  }
  writeFileSync(found.file, found.text.replace(from, to));
  return join(copy, "src/cli.js");
}
