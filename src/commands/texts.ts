import { readFileSync, statSync } from "node:fs";

/** The version that log watchers and scripts know: the original's. */
export const originalVersion = "v1.186-ha";

const synopsis = `ldirectord [-d|--debug] [--] [configfile] start | stop | restart |
    try-restart | reload | force-reload | status

    ldirectord [-h|-?|--help|-v|--version]`;

const options = `    -d|--debug     stay in the foreground and write all log output to standard error
    -h|-?|--help   print the manual and exit
    -v|--version   print the version and exit`;

export const usage = `Usage:
    ${synopsis}

Options:
${options}
`;

/** The first line is parsed by others. @param version of ldirectord-ng @param node of the Node.js that runs it */
export const banner = (version: string, node: string): string => `Linux Director ${originalVersion}
ldirectord-ng ${version} (Node.js ${node})

MIT licence: use, change and pass on as you like. No warranty of any kind.
`;

/** @returns "" where the package's own file is not to be found */
export function ownVersion(): string {
  // From src/commands, dist/src/commands and the installed bundle's folders alike.
  for (const up of ["..", "../..", "../../.."]) {
    const path = new URL(`${up}/package.json`, import.meta.url);
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) continue;
    const { name, version } = JSON.parse(readFileSync(path, "utf8"));
    if (name === "ldirectord-ng") return version;
  }
  return "";
}
