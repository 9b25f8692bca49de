#!/usr/bin/env node
// Runs the tests that need a whole machine: systemd, the original's package and ours, Pacemaker, journald.
//
//   node test/stages/surroundings/run.mjs [--limit SECONDS] [--machines N] [--results FILE] [--scenes PART] [filter...]
//
// Each on a Debian of its own (setup.sh) that boots on a kernel which runs as a process; as many side by side as
// --machines says. LAB_MEMORY is a machine's size (2G).
// --scenes PART: only tests with this in their name.
// LAB_PACKAGE is our package, as a .deb for Debian 12; without it, it is built first.
// Exit: 0 all passed, 1 some failed or did not finish, 77 cannot run here (the last line says what would help).
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { quote } from "../../lab/machine.mjs";
import { outcomeOf, report } from "../../lab/outcomes.mjs";
import { CANNOT, setUp } from "../../lab/set-up.mjs";
import { userModeKernels, userModeMachine } from "../../lab/user-mode/machine.mjs";

const here = import.meta.dirname;
const root = join(here, "../../..");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    limit: { type: "string", default: "2400" },
    machines: { type: "string", default: String(Math.min(2, availableParallelism())) },
    results: { type: "string" },
    scenes: { type: "string" },
  },
});

/** As it is shipped, but not compressed, which alone would take a minute. @returns its path */
function buildPackage(folder) {
  const { status } = spawnSync(process.execPath, [join(root, "packaging/package.mjs"), "deb12"], {
    stdio: "inherit",
    env: { ...process.env, PACKAGES_FOLDER: folder, PACKAGES_COMPRESSION: "-Znone" },
  });
  const deb = readdirSync(folder).find((name) => name.endsWith(".deb"));
  if (status !== 0 || !deb) process.exit(1);
  return join(folder, deb);
}

/** Files that share a machine; each file finds it as the one before has left it, with no director running. */
const hands = [
  ["switch"],
  ["systemd", "journal"],
  ["addresses"],
  ["pacemaker"],
  ["pacemaker-pair"],
  ["heartbeat"],
  ["heartbeat-pair"],
];

function jobFor(files) {
  const vitest = [
    `/host${process.execPath}`,
    join(root, "node_modules/vitest/vitest.mjs"),
    ...["run", "--project", "surroundings", "--reporter=verbose", "--reporter=json"],
    "--outputFile.json=/lab/results.json",
    ...(values.scenes === undefined ? [] : ["-t", values.scenes]),
    ...files.map((name) => `test/stages/surroundings/${name}`),
  ];
  return [
    "export NO_COLOR=1",
    "modprobe -a ip_vs veth bridge overlay",
    // Where it is on the host, and writable.
    `mkdir -p ${quote(root)} /run/tests && mount -t tmpfs tests /run/tests && mkdir /run/tests/u /run/tests/w`,
    `mount -t overlay -o ${quote(`lowerdir=/host${root},upperdir=/run/tests/u,workdir=/run/tests/w`)} tests ${quote(root)}`,
    `cd ${quote(root)} || exit 1`,
    "set -o pipefail",
    `${vitest.map(quote).join(" ")} 2>&1 | cat`,
  ];
}

function runInMachine(files, name, deb) {
  const machine = (share) => {
    copyFileSync(deb, join(share, "ldirectord-ng.deb"));
    return userModeMachine({
      kernel,
      cache,
      share,
      memory: process.env.LAB_MEMORY ?? "2G",
      init: join(here, "machine/init.sh"),
      words: [
        // What is written to the disk goes to a file beside the image, and with it.
        `ubd0=${join(share, "disk")},${image}`,
        ...["systemd.show_status=0", "systemd.log_target=journal", "systemd.wants=lab.service"],
      ],
    });
  };
  return outcomeOf(name, jobFor(files), machine, Number(values.limit));
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
const cache = setUp(join(here, "../../lab/setup.sh"), "--user-mode");
const { quick: kernel, reason } = userModeKernels(cache);
if (kernel === undefined) {
  console.error(`surroundings: skipped: no kernel that runs as a process here (${reason})`);
  process.exit(CANNOT);
}
const image = setUp(join(here, "setup.sh"), cache);
const work = mkdtempSync(join(tmpdir(), "ldirectord-ng-lab-"));
const deb = process.env.LAB_PACKAGE ?? buildPackage(work);
const dealt = hands
  .map((hand) => hand.map((name) => `${name}.test.ts`).filter((name) => wanted.includes(name)))
  .filter((hand) => hand.length > 0);
const outcomes = [];
const run = async (next) => {
  for (let hand = next(); hand; hand = next()) {
    outcomes.push(await runInMachine(hand.files, hand.name, deb));
  }
};
const queue = dealt.map((files, i) => ({ files, name: `vm${i + 1}` }));
await Promise.all(Array.from({ length: Number(values.machines) }, () => run(() => queue.shift())));
rmSync(work, { recursive: true, force: true });
const seconds = Math.round((Date.now() - started) / 1000);
process.exitCode = report(`surroundings (${seconds} s)`, outcomes, values.results);
