import { basename, isAbsolute, join, resolve } from "node:path";

/** Where a configuration is looked for before the name as given. */
const folders = ["/etc/ha.d", "/etc/ha.d/conf"];

/** Absolute paths, in the order they are tried. Below the two folders even an absolute name is tried first. */
export function configPlaces(given: string | undefined, cwd: string): readonly string[] {
  const name = given ?? "ldirectord.cf";
  if (name === "") return [];
  return [
    ...folders.map((folder) => `${folder}/${name}`),
    isAbsolute(name) ? name : resolve(cwd, name),
  ];
}

/**
 * The first of the places to look that `isFile`.
 * @param given undefined: `ldirectord.cf`
 * @returns an absolute path; undefined when there is none
 */
export const findConfig = (
  given: string | undefined,
  cwd: string,
  isFile: (path: string) => boolean,
): string | undefined => configPlaces(given, cwd).find(isFile);

/**
 * What tells daemons on one machine apart. No name and the name of the default file are two instances,
 * although they read the same file: systemd's unit uses the first, cluster agents the second.
 */
export const instanceName = (given: string | undefined): string =>
  given === undefined ? "ldirectord" : basename(given);

export const pidFilePath = (runDir: string, instance: string): string =>
  join(runDir, `ldirectord.${instance}.pid`);

/** Where that daemon's control socket is, unless it was told another place. */
export const controlSocketPath = (runDir: string, instance: string): string =>
  join(runDir, "ldirectord", `${instance}.sock`);

/** Whose file that is. */
export const instanceOf = (pidFile: string): string =>
  basename(pidFile).replace(/^ldirectord\.|\.pid$/g, "");
