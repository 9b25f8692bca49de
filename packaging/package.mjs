#!/usr/bin/env node
// `npm run package [deb12|deb13|rpm|tar …]`: all packages, or those named, in packages/. Built twice they are the same,
// byte for byte.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { install, top } from "./setup.mjs";

if (!install()) process.exit(1);
// After `install`: they need its packages.
const { bundle } = await import("./bundle.mjs");
const { copyright } = await import("./copyright.mjs");
const { buildDeb } = await import("./deb.mjs");
const { roff } = await import("./man.mjs");
const { buildRpm } = await import("./rpm.mjs");
const { buildTarball } = await import("./tarball.mjs");

/** Seconds: the commit's date unless SOURCE_DATE_EPOCH says otherwise. */
function sourceDate() {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given !== undefined) return Number(given);
  return Number(execFileSync("git", ["log", "-1", "--format=%ct"], { cwd: top, encoding: "utf8" }));
}

const builders = {
  deb12: (job) => buildDeb("deb12", job),
  deb13: (job) => buildDeb("deb13", job),
  rpm: buildRpm,
  tar: buildTarball,
};

const wanted = process.argv.slice(2);
const output = process.env.PACKAGES_FOLDER ?? join(top, "packages");
const work = mkdtempSync(join(tmpdir(), "ldirectord-ng-package-"));
try {
  mkdirSync(output, { recursive: true });
  const tree = join(work, "tree");
  const packages = await bundle(tree);
  const { version } = JSON.parse(readFileSync(join(top, "package.json"), "utf8"));
  const epoch = sourceDate();
  const manual = roff(readFileSync(join(top, "docs/ldirectord.8.md"), "utf8"), { version, epoch });
  const job = { tree, work, output, version, epoch, copyright: copyright(packages), manual };
  for (const [name, build] of Object.entries(builders)) {
    if (wanted.length === 0 || wanted.includes(name)) console.log(relative(top, build(job)));
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
