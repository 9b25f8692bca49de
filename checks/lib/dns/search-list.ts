/** Which names a short name may stand for: the director's search list, as the original's library reads it. resolv.conf(5). */
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";

export interface SearchList {
  /** Domains, in the order tried, without a dot at their ends. */
  readonly suffixes: readonly string[];
  /** A name with fewer dots gets the suffixes. */
  readonly ndots: number;
}

export const noSearchList: SearchList = { suffixes: [], ndots: 1 };

/** The system's. What cannot be read is taken for empty, as it is when there is no such file. */
export async function systemSearchList(): Promise<SearchList> {
  const text = await readFile("/etc/resolv.conf", "utf8").catch(() => "");
  return searchListOf(text, process.env, hostname());
}

/**
 * @param text of /etc/resolv.conf
 * @param env LOCALDOMAIN stands for the list, RES_OPTIONS adds options
 * @param host our own name: what follows its first dot is the list when nothing else is
 */
export function searchListOf(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
  host: string,
): SearchList {
  let domain = host.split(".").slice(1).join(".");
  const search: string[] = [];
  const options: string[] = [];
  for (const line of text.split("\n")) {
    const [keyword, ...words] = wordsOf(line.replace(/[;#].*/, ""));
    if (keyword === "domain") domain = words[0] ?? domain;
    if (keyword === "search") search.push(...words);
    if (keyword === "options") options.push(...words);
  }
  options.push(...wordsOf(env["RES_OPTIONS"] ?? ""));
  const found = search.length > 0 ? search : wordsOf(domain);
  const suffixes = env["LOCALDOMAIN"] === undefined ? found : wordsOf(env["LOCALDOMAIN"]);
  return {
    suffixes: suffixes.map((name) => name.replace(/\.$/, "")).filter((name) => name !== ""),
    ndots: options.map(ndotsOf).findLast((count) => count !== undefined) ?? noSearchList.ndots,
  };
}

const wordsOf = (text: string): readonly string[] => text.split(/\s+/).filter((it) => it !== "");

function ndotsOf(option: string): number | undefined {
  const digits = /^ndots:(\d+)$/.exec(option)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * The names to ask for, in their order; the first that has records decides. A name without a dot is
 * completed whenever there is something to complete it with, and then not asked for as it is.
 * @param name not empty
 */
export function namesToTry(name: string, { suffixes, ndots }: SearchList): readonly string[] {
  const dots = name.split(".").length - 1;
  // With a dot at its end it is whole; with a number there it is meant for an address.
  const isWhole = /\.\d*$/.test(name) || dots >= ndots;
  if (isWhole || suffixes.length === 0) return [name];
  const longer = suffixes.map((suffix) => `${name}.${suffix}`);
  return dots > 0 ? [name, ...longer] : longer;
}

/**
 * As `namesToTry`, in the way of the C library's gethostbyname(3): as it is when it has dots enough, else last.
 * @param name not empty
 */
export function hostNamesToTry(name: string, { suffixes, ndots }: SearchList): readonly string[] {
  if (name.endsWith(".")) return [name.slice(0, -1)];
  const longer = suffixes.map((suffix) => `${name}.${suffix}`);
  return name.split(".").length > ndots ? [name, ...longer] : [...longer, name];
}
