/** What the bench needs of the machine: programs of others, and its own in C, which it compiles. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const native = join(import.meta.dirname, "../native");
const product = join(import.meta.dirname, "../../dist/src/cli.js");

const inPath = (name) =>
  (process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, name)));

/** Without these there is no bench. */
const needed = [
  [() => existsSync(product), "npm run build"],
  [() => inPath("gcc"), "apt-get install gcc libc6-dev"],
  [() => existsSync("/usr/include/openssl/ssl.h"), "apt-get install libssl-dev"],
  [() => inPath("ip"), "apt-get install iproute2"],
  [() => inPath("sysctl"), "apt-get install procps"],
  [() => inPath("openssl"), "apt-get install openssl"],
];

/** Without one of these, what stands beside ours lacks it. */
const peers = [
  ["keepalived", () => inPath("keepalived"), "apt-get install keepalived"],
  [
    "original",
    () => existsSync("/usr/sbin/ldirectord") && existsSync("/usr/sbin/ipvsadm"),
    "apt-get install ldirectord ipvsadm",
  ],
];

/** @returns the commands that bring what is missing */
export const missing = () => needed.flatMap(([isThere, remedy]) => (isThere() ? [] : [remedy]));

/** @returns the names of the peers that are not here, each with the command that brings it */
export const missingPeers = () =>
  peers.flatMap(([name, isThere, remedy]) => (isThere() ? [] : [{ name, remedy }]));

/**
 * Ours as the packages install it, which starts sooner and holds less than the compiled sources.
 * @param checkout of ours, with its packages installed
 * @param folder where to
 * @returns folder
 */
export async function install(checkout, folder) {
  const { bundle } = await import(pathToFileURL(join(checkout, "packaging/bundle.mjs")).href);
  await bundle(folder);
  return folder;
}

/** Compiles the programs in C. @returns their paths, in a folder of the given one */
export function compile(scratch) {
  const folder = join(scratch, "programs");
  mkdirSync(folder);
  const programs = {
    farm: ["farm.c", "-lssl", "-lcrypto"],
    floor: ["floor.c"],
    fakeIpvs: ["fake-ipvs.c", "-shared", "-fPIC"],
  };
  return Object.fromEntries(
    Object.entries(programs).map(([name, [source, ...flags]]) => {
      const path = join(folder, name);
      const args = ["-O2", "-Wall", "-o", path, join(native, source), ...flags];
      const { status, stderr } = spawnSync("gcc", args, { encoding: "utf8" });
      if (status !== 0) throw new Error(`gcc ${source}: ${stderr}`);
      return [name, path];
    }),
  );
}
