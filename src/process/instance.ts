import { basename, isAbsolute, join, resolve } from "node:path";

/** Where a configuration is looked for before the name as given. */
const folders = ["/etc/ha.d", "/etc/ha.d/conf"];

/**
 * The first of the places to look that `isFile`. Below the two folders even an absolute name is tried first.
 * @param given undefined: `ldirectord.cf`
 * @returns an absolute path; undefined when there is none
 */
export function findConfig(
  given: string | undefined,
  cwd: string,
  isFile: (path: string) => boolean,
): string | undefined {
  const name = given ?? "ldirectord.cf";
  for (const folder of folders) {
    const path = `${folder}/${name}`;
    if (isFile(path)) return path;
  }
  const path = isAbsolute(name) ? name : resolve(cwd, name);
  return name !== "" && isFile(path) ? path : undefined;
}

/**
 * What tells daemons on one machine apart. No name and the name of the default file are two instances,
 * although they read the same file: systemd's unit uses the first, cluster agents the second.
 */
export const instanceName = (given: string | undefined): string =>
  given === undefined ? "ldirectord" : basename(given);

export const pidFilePath = (runDir: string, instance: string): string =>
  join(runDir, `ldirectord.${instance}.pid`);
