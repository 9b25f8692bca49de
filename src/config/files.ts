import { access, constants, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Draft } from "./draft.ts";

/** What the file system says of the paths that a configuration names. Nothing is created to find out. */
export interface FileFacts {
  /** Paths that could not be appended to, with the system's words for why. */
  readonly unwritable: ReadonlyMap<string, string>;
  readonly missingDirectories: ReadonlySet<string>;
}

/** For who does not look. */
export const noFileFacts: FileFacts = { unwritable: new Map(), missingDirectories: new Set() };

export async function inspectFiles(draft: Draft): Promise<FileFacts> {
  const unwritable = new Map<string, string>();
  const missingDirectories = new Set<string>();
  const paths = new Set([
    ...draft.logfiles.map(({ value }) => value.slice(1, value.lastIndexOf('"'))),
    ...draft.virtuals.flatMap(({ settings }) => {
      const path = settings.get("monitorfile")?.value;
      return typeof path === "string" ? [path] : [];
    }),
  ]);
  for (const path of paths) {
    const why = await whyNotAppendable(path);
    if (why !== undefined) unwritable.set(path, why);
  }
  const directory = draft.globals.get("maintenancedir")?.value;
  if (typeof directory === "string" && !(await isDirectory(directory))) {
    missingDirectories.add(directory);
  }
  return { unwritable, missingDirectories };
}

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

async function whyNotAppendable(path: string): Promise<string | undefined> {
  try {
    if (await isDirectory(path)) return "Is a directory";
    await access(path, constants.W_OK);
    return undefined;
  } catch (error) {
    if (codeOf(error) !== "ENOENT") return errnoText(codeOf(error));
  }
  // Not there yet: it could be made if its directory takes a new file.
  try {
    await access(dirname(path), constants.W_OK | constants.X_OK);
    return (await isDirectory(dirname(path))) ? undefined : "Not a directory";
  } catch (error) {
    return errnoText(codeOf(error));
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : String(error);

/** strerror(3) of what these tests can meet. */
const errnoText = (code: string): string =>
  ({
    ENOENT: "No such file or directory",
    EACCES: "Permission denied",
    ENOTDIR: "Not a directory",
    EROFS: "Read-only file system",
    EPERM: "Operation not permitted",
    ELOOP: "Too many levels of symbolic links",
    ENAMETOOLONG: "File name too long",
  })[code] ?? code;
