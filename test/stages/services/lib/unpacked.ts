import { homedir } from "node:os";
import { join } from "node:path";

/** Where setup.sh unpacked a package that it does not install: the folder that stands for `/`. */
export const unpacked = (packageName: string): string =>
  join(
    process.env["SERVICES_CACHE"] ??
      join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "ldirectord-ng-services"),
    packageName,
  );
