#!/usr/bin/env node
// `npm run package [deb12|deb13|rpm|tar …]`: all packages, or those named, in packages/. Built twice they are the same,
// byte for byte.
import { execFileSync, spawnSync } from "node:child_process";
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

/** `needs`: the programs of this machine, each with Debian's package of it. */
const builders = {
  deb12: {
    build: (job) => buildDeb("deb12", job),
    needs: { "dpkg-deb": "dpkg", strip: "binutils" },
  },
  deb13: { build: (job) => buildDeb("deb13", job), needs: { "dpkg-deb": "dpkg" } },
  rpm: { build: buildRpm, needs: { rpmbuild: "rpm" } },
  tar: { build: buildTarball, needs: { tar: "tar" } },
};

/** What keeps it from being built here; undefined when nothing does. */
function obstacle(needs) {
  const isMissing = ([command]) => spawnSync(command, ["--version"]).error?.code === "ENOENT";
  const missing = Object.entries(needs).filter(isMissing);
  if (missing.length === 0) return undefined;
  return missing.map(([command, from]) => `${command} is not here (package ${from})`).join(", ");
}

const names = Object.keys(builders);
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`no such package: ${unknown.join(", ")}; there are ${names.join(", ")}`);
  process.exit(1);
}
const output = process.env.PACKAGES_FOLDER ?? join(top, "packages");
const work = mkdtempSync(join(tmpdir(), "ldirectord-ng-package-"));
try {
  mkdirSync(output, { recursive: true });
  const tree = join(work, "tree");
  const packages = await bundle(tree);
  const { version } = JSON.parse(readFileSync(join(top, "package.json"), "utf8"));
  const epoch = sourceDate();
  const manualOf = (name) => {
    const text = readFileSync(join(top, `docs/${name}.md`), "utf8");
    return [name, roff(text, { title: name.slice(0, -2), version, epoch })];
  };
  const manuals = Object.fromEntries(
    ["ldirectord.8", "ldirectorctl.8", "ldirectord-health.8"].map(manualOf),
  );
  const job = { tree, work, output, version, epoch, copyright: copyright(packages), manuals };
  const asked = names.filter((name) => wanted.length === 0 || wanted.includes(name));
  const left = asked.filter((name) => {
    const why = obstacle(builders[name].needs);
    if (why !== undefined) console.error(`${name}: not built: ${why}`);
    return why !== undefined;
  });
  for (const name of asked) {
    if (!left.includes(name)) console.log(relative(top, builders[name].build(job)));
  }
  // Whoever names one wants that one; whoever names none, what there can be.
  if (left.length === asked.length || (wanted.length > 0 && left.length > 0)) process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
