// The Node.js that we bring: packaging/node/package.json has its name and version, the lock file beside it its sum.
// Apart from the other packages, because npm would put its bin/node before the Node.js that runs npm; and so it is
// fetched by those who package or test with it, and by nobody else.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { install, top } from "./setup.mjs";

const folder = join(top, "packaging", "node");

/** @returns the program, its version and its licence's file @throws Error where there is none for this processor */
export function bundledNode() {
  const name = `node-linux-${process.arch}`;
  const home = join(folder, "node_modules", name);
  const { optionalDependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const version = optionalDependencies[name];
  if (version === undefined) {
    throw new Error(`${join(folder, "package.json")}: no Node.js for ${process.arch}`);
  }
  const program = join(home, "bin", "node");
  if (!install({ folder }) || !existsSync(program)) {
    throw new Error(`Node.js ${version} could not be fetched: npm ci in ${folder}`);
  }
  return { program, version, licence: join(home, "LICENSE") };
}
