/** Every check there is: each file of this folder, found when the program starts. Nobody edits a list. */
import { readdir } from "node:fs/promises";
import { extname } from "node:path";
import type { ServiceWord, ServiceWords } from "../src/model/service-words.ts";
import type { Check } from "./check.ts";

export interface CheckRegistry {
  /** @param name a `service=` word */
  byService(name: string): Check | undefined;
  /** @param word a `checktype=` word */
  byCheckType(word: string): Check | undefined;
  /** Every `service=` word that is answered for, in alphabetical order. */
  services(): ServiceWords;
  /** The files' names without ending, with what each holds. */
  files(): ReadonlyMap<string, Check>;
}

/** @throws Error when a file has no check in it, or two answer for the same word: a mistake in the program */
export async function loadChecks(): Promise<CheckRegistry> {
  const files = new Map<string, Check>();
  for (const name of await checkFiles()) {
    const module: { readonly default?: unknown } = await import(
      new URL(name, import.meta.url).href
    );
    if (!isCheck(module.default)) throw new Error(`checks/${name}: its default export is no check`);
    files.set(name.slice(0, -extname(name).length), module.default);
  }
  return buildRegistry(files);
}

/** `.ts` beside our own source, `.js` beside what was built from it. */
async function checkFiles(): Promise<string[]> {
  const ending = extname(new URL(import.meta.url).pathname);
  const names = await readdir(new URL(".", import.meta.url));
  return names
    .filter((name) => name.endsWith(ending) && !name.endsWith(".d.ts"))
    .filter((name) => name !== `check${ending}` && name !== `registry${ending}`)
    .sort();
}

const isCheck = (value: unknown): value is Check =>
  typeof value === "object" &&
  value !== null &&
  "prepare" in value &&
  typeof value.prepare === "function" &&
  "services" in value &&
  Array.isArray(value.services) &&
  value.services.every((word) => typeof word === "object" && "name" in word) &&
  "needsPort" in value;

/** @throws Error when two files answer for the same word */
export function buildRegistry(files: ReadonlyMap<string, Check>): CheckRegistry {
  const byService = new Map<string, Check>();
  const byCheckType = new Map<string, Check>();
  const words: ServiceWord[] = [];
  for (const [file, check] of files) {
    for (const word of check.services) {
      const { name } = word;
      if (byService.has(name))
        throw new Error(`checks/${file}: service ${name} has a check already`);
      byService.set(name, check);
      words.push(word);
    }
    const word = check.checkType;
    if (word === undefined) continue;
    if (byCheckType.has(word))
      throw new Error(`checks/${file}: checktype ${word} has a check already`);
    byCheckType.set(word, check);
  }
  const services = new Map(
    words.sort((a, b) => (a.name < b.name ? -1 : 1)).map((word) => [word.name, word]),
  );
  return {
    byService: (name) => byService.get(name),
    byCheckType: (word) => byCheckType.get(word),
    services: () => services,
    files: () => files,
  };
}
