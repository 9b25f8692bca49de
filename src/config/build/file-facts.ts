import { access, constants, lstat, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { isTrustedLink, untrustedLink } from "../../native/links.ts";
import type { Draft } from "../values/read-settings.ts";

/** What the file system says of the paths that a configuration names. Nothing is created to find out. */
export interface FileFacts {
  /** Paths that could not be appended to, with the system's words for why. */
  readonly unwritable: ReadonlyMap<string, string>;
  readonly missingDirectories: ReadonlySet<string>;
  /** Programs that could not be run, with words for why. */
  readonly notRunnable: ReadonlyMap<string, string>;
  /** Names behind `execute` that no configuration has. */
  readonly missingInstances: ReadonlySet<string>;
}

/** For who does not look. */
export const noFileFacts: FileFacts = {
  unwritable: new Map(),
  missingDirectories: new Set(),
  notRunnable: new Map(),
  missingInstances: new Set(),
};

export async function inspectFiles(draft: Draft): Promise<FileFacts> {
  const unwritable = new Map<string, string>();
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
  return { ...(await inspectWhatIsRead(draft)), unwritable };
}

/** For a run that writes nothing. */
export async function inspectWhatIsRead(draft: Draft): Promise<FileFacts> {
  const directory = draft.globals.get("maintenancedir")?.value;
  const isMissing = typeof directory === "string" && !(await isDirectory(directory));
  const notRunnable = new Map<string, string>();
  for (const [program, isPerl] of programsOf(draft)) {
    const why = await whyNotRunnable(program, isPerl ? constants.R_OK : constants.X_OK);
    if (why !== undefined) notRunnable.set(program, why);
  }
  const missingInstances = new Set<string>();
  for (const name of draft.execute) {
    const places = [`/etc/ha.d/${name}`, `/etc/ha.d/conf/${name}`, resolve("/", name)];
    const found = await Promise.all(places.map(isFile));
    if (!found.includes(true)) missingInstances.add(name);
  }
  const missingDirectories = new Set(isMissing ? [directory] : []);
  return { ...noFileFacts, missingDirectories, notRunnable, missingInstances };
}

/** What is started without a shell, and whether Perl reads it. */
function programsOf(draft: Draft): Map<string, boolean> {
  const programs = new Map<string, boolean>();
  const callback = draft.globals.get("callback")?.value;
  if (typeof callback === "string") programs.set(callback, false);
  for (const { settings } of draft.virtuals) {
    const checkType = settings.get("checktype")?.value;
    const command = settings.get("checkcommand")?.value;
    if (typeof command !== "string") continue;
    if (checkType === "external" || checkType === "external-perl") {
      programs.set(command, checkType === "external-perl");
    }
  }
  return programs;
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

/** A bare name is looked for in PATH, as execvp(3) does; the daemon's folder is the root. */
async function whyNotRunnable(program: string, mode: number): Promise<string | undefined> {
  const isBare = !program.includes("/") && mode === constants.X_OK;
  const folders = isBare ? (process.env["PATH"] ?? "").split(":") : ["/"];
  let why: string | undefined;
  for (const folder of folders) {
    const path = resolve("/", folder, program);
    try {
      if (!(await stat(path)).isFile()) throw Object.assign(new Error(), { code: "EACCES" });
      await access(path, mode);
      return undefined;
    } catch (error) {
      const isThere = codeOf(error) === "EACCES";
      why = isThere ? "not executable" : (why ?? "no such program");
    }
  }
  return why ?? "no such program";
}

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

async function whyNotAppendable(path: string): Promise<string | undefined> {
  try {
    const found = await lstat(path);
    const isLed = found.isSymbolicLink() && !isTrustedLink(await stat(dirname(path)), found);
    if (isLed) return untrustedLink;
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
