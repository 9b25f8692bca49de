// What `npm start` and `npm test` need before anything else: the packages of the lock file, and a build.
// Plain JavaScript, because it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

export const top = join(import.meta.dirname, "..");

/** Runs in the project's folder, on our own terminal. @returns the exit code */
export function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: top, stdio: "inherit" });
  if (error) console.error(`${command}: ${error.message}`);
  return status ?? 1;
}

/** A tool of node_modules. */
export const tool = (name, ...args) => run(join(top, "node_modules", ".bin", name), args);

/** Installs by the lock file when node_modules is not there or older than the lock. @returns whether it is there now */
export function install() {
  const stamp = join(top, "node_modules", ".package-lock.json");
  if (
    existsSync(stamp) &&
    statSync(stamp).mtimeMs >= statSync(join(top, "package-lock.json")).mtimeMs
  )
    return true;
  console.log("Installing the packages of package-lock.json …");
  return run("npm", ["ci", "--no-audit", "--no-fund"]) === 0;
}

/** Compiles to dist/ when a source is newer than the last build. @returns whether dist/ is current */
export function build() {
  const built = join(top, "dist", "src", "cli.js");
  if (existsSync(built) && newest("src", "checks", "examples/demo") < statSync(built).mtimeMs)
    return true;
  console.log("Building dist/ …");
  rmSync(join(top, "dist"), { recursive: true, force: true });
  return tool("tsc", "-p", "tsconfig.build.json") === 0;
}

const newest = (...folders) =>
  Math.max(
    ...folders.flatMap((folder) =>
      readdirSync(join(top, folder), { recursive: true }).map(
        (name) => statSync(join(top, folder, name)).mtimeMs,
      ),
    ),
  );
