import { statSync } from "node:fs";
import { messageOf } from "../model/error-text.ts";
import { findConfig } from "../process/instance.ts";

/** Where the file of a command is, or what was in the way of looking. */
export interface FileSought {
  /** Absolute; undefined when there is none. */
  readonly path: string | undefined;
  readonly cause: string | undefined;
}

/** @param given as on the command line; undefined: `ldirectord.cf` */
export function findFile(given: string | undefined): FileSought {
  let cause: string | undefined;
  const path = findConfig(given, currentFolder(), (place) => {
    try {
      const found = statSync(place, { throwIfNoEntry: false });
      if (found !== undefined && !found.isFile()) cause = "it is not a regular file";
      return found?.isFile() ?? false;
    } catch (error) {
      cause = reasonOf(error);
      return false;
    }
  });
  return { path, cause };
}

/** In one that is gone by now nothing is found. */
export function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    return "/proc/self/cwd";
  }
}

/** The system's words without the path, which may be long. */
const reasonOf = (error: unknown): string => {
  return messageOf(error).replace(/, \w+ '.*$/s, "");
};
