import { cpSync, mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { host } from "./root.ts";

const top = join(import.meta.dirname, "../../..");

/** Builds all packages as `npm run package` does. @returns the folder with them */
export function buildPackages(source = top, environment: Record<string, string> = {}): string {
  const output = mkdtempSync(join(tmpdir(), "packages-"));
  const settings = {
    PACKAGES_FOLDER: output,
    // A copy of the sources has no commit to take these from.
    SOURCE_DATE_EPOCH: "1700000000",
    DEBFULLNAME: "Some Packager",
    DEBEMAIL: "packager@debian.org",
    ...environment,
  };
  const words = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  host("env", ...words, process.execPath, join(source, "packaging", "package.mjs"));
  return output;
}

/** The sources at another place, as a clone would have them, with the same npm packages. */
export function copySources(): string {
  const copy = mkdtempSync(join(tmpdir(), "other-place-"));
  for (const file of host("git", "-C", top, "ls-files").trim().split("\n")) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(top, file), join(copy, file), { verbatimSymlinks: true });
  }
  for (const folder of ["node_modules", "packaging/node/node_modules"]) {
    host("cp", "-a", join(top, folder), join(copy, folder));
  }
  return copy;
}

/** @param ending of the file's name, such as `+deb12_amd64.deb` */
export function packageIn(folder: string, ending: string): string {
  const name = readdirSync(folder).find((each) => each.endsWith(ending));
  if (name === undefined) throw new Error(`${folder}: no package ${ending}`);
  return join(folder, name);
}
