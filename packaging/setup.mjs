// What `npm start` and `npm test` need before anything else: the packages of the lock file, and a build.
// Plain JavaScript, because it runs before anything is installed.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join, relative } from "node:path";

export const top = join(import.meta.dirname, "..");

/** Runs in the project's folder, or in `cwd`, on our own terminal. @returns the exit code */
export function run(command, args, { cwd = top, timeout } = {}) {
  const { status, error } = spawnSync(command, args, { cwd, timeout, stdio: "inherit" });
  if (error) console.error(`${command}: ${error.message}`);
  return status ?? 1;
}

/** A tool of node_modules. */
export const tool = (name, ...args) => run(join(top, "node_modules", ".bin", name), args);

/**
 * Whether what npm wrote down of node_modules is what the lock file names. A package that is optional (for another
 * platform, most of them) may be missing.
 * @param lock package-lock.json @param found node_modules/.package-lock.json
 */
export function isInstalled(lock, found) {
  const same = (a, b) => a?.version === b?.version && a?.integrity === b?.integrity;
  const names = new Set([...Object.keys(lock.packages), ...Object.keys(found.packages)]);
  names.delete("");
  return [...names].every((name) => {
    const wanted = lock.packages[name];
    if (found.packages[name] === undefined) return wanted.optional === true;
    return same(wanted, found.packages[name]);
  });
}

const read = (...path) => {
  try {
    return JSON.parse(readFileSync(join(...path), "utf8"));
  } catch {
    return undefined;
  }
};

/** A registry that is asked for a word, and has none for so long, is none. */
const silenceMs = 20_000;
const longestInstallMs = 10 * 60_000;

/**
 * Installs what the lock file names, unless it is there. It is put together beside node_modules and then takes its
 * place: without a network, all is as it was.
 * @param mayDiffer when that fails, libraries of other versions will do
 * @returns whether the libraries are there now
 */
export function install({ mayDiffer = false, folder = top } = {}) {
  const lockFile = join(folder, "package-lock.json");
  const lock = read(lockFile);
  const found = read(folder, "node_modules", ".package-lock.json");
  if (found !== undefined && isInstalled(lock, found)) return true;
  console.log(
    found === undefined
      ? `Installing the libraries of ${relative(top, lockFile)} (npm ci) ...`
      : `Installing the libraries (npm ci): node_modules is not what ${relative(top, lockFile)} names ...`,
  );
  const site = join(folder, ".install");
  rmSync(site, { recursive: true, force: true });
  mkdirSync(site);
  try {
    for (const name of ["package.json", "package-lock.json", ".npmrc"]) {
      if (existsSync(join(folder, name))) copyFileSync(join(folder, name), join(site, name));
    }
    const hasNetwork = registryAnswers();
    if (!hasNetwork)
      console.log("No registry answers: trying with what npm has kept of before ...");
    const where = hasNetwork ? "--prefer-offline" : "--offline";
    const args = ["ci", "--no-audit", "--no-fund", where];
    const isMade = run("npm", args, { cwd: site, timeout: longestInstallMs }) === 0;
    if (isMade && takePlace(folder, site)) return true;
    // A node_modules that cannot be moved (a mount) is filled where it is.
    if (isMade && run("npm", args, { cwd: folder, timeout: longestInstallMs }) === 0) return true;
  } finally {
    rmSync(site, { recursive: true, force: true });
  }
  const isThere = (name) => existsSync(join(folder, name, "package.json"));
  const wanted = Object.keys(lock.packages).filter((name) => name !== "");
  const missing = wanted.filter((name) => !lock.packages[name].optional && !isThere(name));
  if (mayDiffer && missing.length === 0) {
    console.log(
      "The libraries could not be installed, see above: going on with those in node_modules.",
    );
    return true;
  }
  const left = missing.length === 0 ? "of other versions" : `missing, ${missing.length} of them`;
  console.error(
    `The libraries could not be installed, see above, and those in node_modules are ${left}. ` +
      "With a network: npm ci",
  );
  return false;
}

/** Whether npm, as it is set up here, has one to talk to; npm ci alone would be silent for minutes where it has none. */
function registryAnswers() {
  const options = { cwd: top, timeout: silenceMs, encoding: "utf8" };
  const { error, stderr } = spawnSync("npm", ["ping", "--fetch-retries=0"], options);
  return error === undefined && !/code (EAI_|ENOTFOUND|ECONN|ETIMEDOUT|ENET|EHOST)/.test(stderr);
}

/** Two renames, so that node_modules is whole at any time but the one between. @returns whether they could be made */
function takePlace(folder, site) {
  const place = join(folder, "node_modules");
  try {
    if (existsSync(place)) renameSync(place, join(site, "before"));
    renameSync(join(site, "node_modules"), place);
    return true;
  } catch {
    return false;
  }
}

/** Compiles to dist/ when a source is newer than the last build. @returns whether dist/ is current */
export function build() {
  const built = join(top, "dist", "src", "cli.js");
  if (existsSync(built) && newest("src", "checks", "examples/demo") < statSync(built).mtimeMs)
    return true;
  console.log("Building dist/ …");
  rmSync(join(top, "dist"), { recursive: true, force: true });
  return run("npm", ["run", "--silent", "build"]) === 0;
}

const newest = (...folders) =>
  Math.max(
    ...folders.flatMap((folder) =>
      readdirSync(join(top, folder), { recursive: true }).map(
        (name) => statSync(join(top, folder, name)).mtimeMs,
      ),
    ),
  );
