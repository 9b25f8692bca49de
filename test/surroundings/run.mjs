#!/usr/bin/env node
// Runs the tests that need a whole machine: systemd, the original's package and ours, Pacemaker, journald.
//
//   node test/surroundings/run.mjs [--limit SECONDS] [--vms N] [--results FILE] [filter...]
//
// Each in an emulated machine that boots a Debian (setup.sh); as many side by side as --vms says.
// LAB_PACKAGE is our package, as a .deb; without it, it is built first.
// Exit: 0 all passed, 1 some failed or did not finish, 77 cannot run here (the last line says what would help).
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { boot, quote } from "../lab/machine.mjs";

const here = import.meta.dirname;
const root = join(here, "../..");
const CANNOT = 77;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    limit: { type: "string", default: "1200" },
    vms: { type: "string", default: String(Math.min(2, availableParallelism())) },
    results: { type: "string" },
  },
});

/** Returns what setup.sh printed, or ends this process with its exit code. */
function setUp() {
  const { status, stdout } = spawnSync("bash", [join(here, "setup.sh")], {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  if (status !== 0) process.exit(status === CANNOT ? CANNOT : 1);
  return stdout.trim();
}

/** As it is shipped, but not compressed: to unpack that in an emulated machine takes minutes. */
function repacked(deb, folder) {
  const tree = join(folder, "tree");
  const plain = join(folder, "ldirectord-ng.deb");
  for (const args of [
    ["--raw-extract", deb, tree],
    ["--root-owner-group", "-Znone", "--build", tree, plain],
  ]) {
    const { status } = spawnSync("dpkg-deb", args, { stdio: ["ignore", "ignore", "inherit"] });
    if (status !== 0) process.exit(1);
  }
  return plain;
}

/** Returns the path of our package. */
function ourPackage(folder) {
  if (process.env.LAB_PACKAGE) return repacked(process.env.LAB_PACKAGE, folder);
  const { status } = spawnSync(process.execPath, [join(root, "packaging/package.mjs"), "deb12"], {
    stdio: "inherit",
    env: { ...process.env, PACKAGES_FOLDER: folder },
  });
  const deb = readdirSync(folder).find((name) => name.endsWith(".deb"));
  if (status !== 0 || !deb) process.exit(1);
  return repacked(join(folder, deb), folder);
}

/** Files that share a machine; each file finds it as the one before has left it, with no director running. */
const hands = [["pacemaker"], ["systemd", "switch", "journal", "heartbeat"]];

function jobFor(files) {
  const exports = Object.entries(process.env)
    .filter(([key]) => /^LAB_/.test(key))
    .map(([key, value]) => `export ${key}=${quote(value)}`);
  const vitest = [
    `/host${process.execPath}`,
    join(root, "node_modules/vitest/vitest.mjs"),
    ...["run", "--project", "surroundings", "--reporter=verbose", "--reporter=json"],
    "--outputFile.json=/lab/results.json",
    ...files,
  ];
  return [
    ...exports,
    "export NO_COLOR=1",
    "modprobe -a ip_vs veth bridge overlay",
    // Where it is on the host, and writable.
    `mkdir -p ${quote(root)} /run/tests && mount -t tmpfs tests /run/tests && mkdir /run/tests/u /run/tests/w`,
    `mount -t overlay -o ${quote(`lowerdir=/host${root},upperdir=/run/tests/u,workdir=/run/tests/w`)} tests ${quote(root)}`,
    `cd ${quote(root)} || exit 1`,
    "set -o pipefail",
    `${vitest.map(quote).join(" ")} 2>&1 | cat`,
  ].join("\n");
}

/** Ends when the machine is off; returns { status, results } or { failure }. */
async function runInMachine(files, name, cache, deb) {
  const share = mkdtempSync(join(tmpdir(), "ldirectord-ng-lab-"));
  copyFileSync(deb, join(share, "ldirectord-ng.deb"));
  writeFileSync(join(share, "job.sh"), jobFor(files));
  const image = join(cache, "surroundings/root.img");
  const { console: said, ranOut } = await boot({
    name,
    kernel: join(cache, "vmlinuz"),
    initrd: join(cache, "surroundings/initrd.gz"),
    processors: 1,
    disk: { path: image, bytes: statSync(image).size },
    shares: {
      host: { path: "/", isReadOnly: true },
      modules: { path: `${cache}/kernel/lib/modules`, isReadOnly: true },
      lab: { path: share, isReadOnly: false },
    },
    limitMs: Number(values.limit) * 1000,
    append: "systemd.show_status=0 systemd.log_target=journal",
  });
  const statusFile = join(share, "status");
  const resultsFile = join(share, "results.json");
  let outcome;
  if (!existsSync(statusFile) || !existsSync(resultsFile)) {
    const why = ranOut ? `was stopped after ${values.limit} s` : "ended without results";
    const end = said.split("\n").slice(-40).join("\n");
    outcome = { failure: `${name} ${why}. The end of its console:\n${end}` };
  } else {
    outcome = {
      status: Number(readFileSync(statusFile, "utf8")),
      results: JSON.parse(readFileSync(resultsFile, "utf8")),
    };
  }
  rmSync(share, { recursive: true, force: true });
  return outcome;
}

const all = readdirSync(here).filter((name) => name.endsWith(".test.ts"));
const wanted = all.filter(
  (name) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
);
if (wanted.length === 0) {
  console.error(`surroundings: no file here has ${positionals.join(" or ")} in its name`);
  process.exit(1);
}
const started = Date.now();
const cache = setUp();
const work = mkdtempSync(join(tmpdir(), "ldirectord-ng-lab-"));
const deb = ourPackage(work);
const dealt = hands
  .map((hand) => hand.map((name) => `${name}.test.ts`).filter((name) => wanted.includes(name)))
  .filter((hand) => hand.length > 0);
const outcomes = [];
for (let i = 0; i < dealt.length; i += Number(values.vms)) {
  const some = dealt.slice(i, i + Number(values.vms));
  outcomes.push(
    ...(await Promise.all(
      some.map((hand, j) =>
        runInMachine(
          hand.map((name) => `test/surroundings/${name}`),
          `vm${i + j + 1}`,
          cache,
          deb,
        ),
      ),
    )),
  );
}
rmSync(work, { recursive: true, force: true });
const parts = outcomes.flatMap(({ results }) => results ?? []);
const failures = outcomes.flatMap(({ failure }) => failure ?? []);
const sum = (key) => parts.reduce((total, part) => total + part[key], 0);
const merged = {
  success: outcomes.every(({ status }) => status === 0),
  numTotalTests: sum("numTotalTests"),
  numPassedTests: sum("numPassedTests"),
  numFailedTests: sum("numFailedTests"),
  numPendingTests: sum("numPendingTests"),
  numFailedTestSuites: sum("numFailedTestSuites"),
  testResults: parts.flatMap((part) => part.testResults),
};
if (values.results) {
  mkdirSync(dirname(values.results), { recursive: true });
  writeFileSync(values.results, JSON.stringify(merged));
}
for (const failure of failures) console.error(failure);
console.log(
  `surroundings (${Math.round((Date.now() - started) / 1000)} s): ${merged.numPassedTests} passed, ` +
    `${merged.numFailedTests + failures.length} failed, ${merged.numPendingTests} skipped`,
);
process.exitCode = merged.success ? 0 : 1;
