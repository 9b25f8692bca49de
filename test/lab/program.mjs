// Our daemon for the labs: the bundle that the packages install, in a folder of this run's own, so that nobody's build
// pulls it away under a running test. It starts in half the time that the compiled sources take, and is started a
// hundred times.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "../../packaging/bundle.mjs";
import { top } from "../../packaging/setup.mjs";

/** Parity without a kernel: the table is a file, for ours as for the original. */
const tableIsAFile = {
  name: "table",
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/open-kernel\.ts$/ }, () => ({
      path: join(top, "test/stages/parity/inner/file-ipvs.mjs"),
    })),
};

/** @returns the folder; its program is src/cli.js. It is gone when we are. */
export async function buildProgram() {
  const parent = join(top, ".cache", "lab");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "program-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  await bundle(folder, { plugins: process.env.PARITY_TABLE === "emulated" ? [tableIsAFile] : [] });
  return folder;
}

/** In one file, for a machine's memory, where it starts sooner than over the shared file system. */
export function packProgram(folder, file) {
  const { status } = spawnSync("tar", ["-cf", file, "-C", folder, "."], { stdio: "inherit" });
  if (status !== 0) throw new Error(`${folder} could not be packed`);
}
