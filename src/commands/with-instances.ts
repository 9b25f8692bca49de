import type { CheckRegistry } from "../../checks/registry.ts";
import { type Prepared, type PrepareOptions, prepare } from "../daemon/prepare.ts";
import { printable } from "../model/one-line.ts";
import { findFile } from "./find-file.ts";

export interface InstanceFile {
  readonly path: string;
  readonly read: Prepared;
}

/**
 * The file of `ldirectord [given] start`, and those of the instances that it would start (`execute`), each once, as far
 * as they can be read. What is not there is an Error with the words for it.
 */
export async function* withInstances(
  given: string | undefined,
  checks: CheckRegistry,
  options: PrepareOptions = {},
): AsyncGenerator<InstanceFile | Error> {
  const seen = new Set<string>();
  const names = [given];
  for (const name of names) {
    const { path, cause } = findFile(name);
    if (path === undefined) {
      const why = cause === undefined ? "" : `: ${cause}`;
      yield new Error(`Config file ${printable(name ?? "ldirectord.cf")} not found${why}`);
    } else if (!seen.has(path)) {
      seen.add(path);
      const read = await prepare(path, checks, options);
      if (read.ok) names.push(...read.config.execute);
      yield { path, read };
    }
  }
}
