#!/usr/bin/env node
// Runs the kernel tests where they can meet a real IPVS table.
//
//   node test/lab/run.mjs [--project kernel|parity|readings] [--limit SECONDS] [--machines N] [--results FILE] [filter...]
//
// As root on a kernel with IPVS: here, in network and mount namespaces of their own. Anywhere else: on a kernel that
// runs as a process, and where that is not allowed in an emulated machine; in as many side by side as --machines says.
// LAB_KERNEL=host, =user-mode or =emulated decides instead. LAB_MEMORY is a machine's size (2G).
// LAB_ACCEL=kvm lets the machine's processor run the emulated one.
// LAB_DIRECTOR=original puts the Perl daemon, as installed, in the director's place.
// LAB_PROGRAM is our daemon, compiled; without it, it is built first, as the packages have it.
// --without PART: no file with this in its name.
// --emulated-filter PART: where there is only an emulated machine, files with this in their name and no others.
// Exit: 0 all passed, 1 some failed or did not finish, 77 cannot run here (the last line says what would help).
import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { emulatedMachine } from "./emulated/machine.mjs";
import { quote, running } from "./machine.mjs";
import { outcomeOf, report } from "./outcomes.mjs";
import { buildProgram, packProgram } from "./program.mjs";
import { CANNOT, setUp, trySetUp } from "./set-up.mjs";
import { userModeKernels, userModeMachine } from "./user-mode/machine.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const setUpScript = join(here, "setup.sh");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    project: { type: "string", default: "kernel" },
    limit: { type: "string", default: "1800" },
    machines: { type: "string", default: String(Math.min(2, availableParallelism())) },
    results: { type: "string" },
    without: { type: "string", multiple: true, default: [] },
    "emulated-filter": { type: "string" },
  },
});
const folder = `test/stages/${values.project}`;
const started = Date.now();
/** In all, whatever follows what. */
const secondsLeft = () => Math.round(Number(values.limit) - (Date.now() - started) / 1000);

/** Variables a test may read; a machine gets these and no others. */
function labVariables() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => /^(LAB|PARITY)_/.test(name)),
  );
}

function hostHasIpvs() {
  return process.getuid?.() === 0 && existsSync("/proc/net/ip_vs");
}

function testFiles() {
  const all = readdirSync(join(root, folder)).filter((name) => name.endsWith(".test.ts"));
  return all
    .filter((name) => !values.without.some((part) => name.includes(part)))
    .map((name) => `${folder}/${name}`)
    .filter((name) => positionals.length === 0 || positionals.some((part) => name.includes(part)));
}

function vitestCommand(files, resultsFile) {
  return [
    process.execPath,
    join(root, "node_modules/vitest/vitest.mjs"),
    ...["run", "--project", values.project, "--reporter=verbose", "--reporter=json"],
    `--outputFile.json=${resultsFile}`,
    ...files,
  ];
}

// ---- how long each file took last time, to deal them out evenly ----

function readDurations(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return {};
  }
}

/** Of the longest ones, as long as nothing is known of this host. */
const usualSeconds = {
  "programs-instances": 430,
  servers: 367,
  pair: 360,
  changes: 257,
  programs: 210,
  doctor: 100,
  "doctor-firewall": 50,
  "programs-logs": 155,
  "same-file": 143,
  keepalived: 101,
  generated: 95,
  ecmp: 87,
  import: 82,
  "service-parity-mail": 75,
  table: 75,
  break: 70,
  mail: 70,
  "service-parity-data": 60,
  "bad-network": 56,
  "service-parity-web": 55,
  tour: 54,
  kill9: 50,
  page: 50,
  forwarding: 42,
  drain: 41,
  scale: 30,
  plan: 30,
  seed: 25,
  role: 25,
};

/** Their rules are iptables', whose tables Debian's next kernel is built without. */
const needsFirewall = ["bad-network", "doctor-firewall", "ecmp", "fullnat"];
const isForFull = (file) => needsFirewall.includes(basename(file, ".test.ts"));

/** Longest first, each to the machine with the least to do; all that need a firewall to one. */
function dealOut(files, machines, durations) {
  const seconds = (file) => durations[file] ?? usualSeconds[basename(file, ".test.ts")] ?? 20;
  const hands = Array.from({ length: Math.min(machines, files.length) }, () => ({
    files: [],
    total: 0,
  }));
  const rank = (file) => (isForFull(file) ? 1e6 : 0) + seconds(file);
  for (const file of [...files].sort((a, b) => rank(b) - rank(a))) {
    const least = hands.reduce((least, other) => (other.total < least.total ? other : least));
    const hand = isForFull(file) ? hands[0] : least;
    hand.files.push(file);
    hand.total += seconds(file);
  }
  return hands.map((hand) => hand.files);
}

// ---- a kernel of its own ----

function runInMachine(files, name, cache, machine) {
  const exports = Object.entries({ ...labVariables(), NO_COLOR: "1" }).map(
    ([key, value]) => `export ${key}=${quote(value)}`,
  );
  const job = [
    ...exports,
    `export PATH=${quote(dirname(process.execPath))}:$PATH`,
    "export PARITY_RECORDED_TO=/run/lab/recorded",
    "modprobe -a ip_vs veth bridge ipip",
    ...(builtProgram
      ? [
          "mkdir /run/daemon && tar -xf /run/lab/daemon.tar -C /run/daemon || exit 1",
          "export LAB_PROGRAM=/run/daemon/src/cli.js",
        ]
      : []),
    `cd ${quote(root)} || exit 1`,
    // Through a pipe: a reporter that believes in a terminal redraws its lines.
    "set -o pipefail",
    `${vitestCommand(files, "/run/lab/results.json").map(quote).join(" ")} 2>&1 | cat`,
  ];
  const memory = process.env.LAB_MEMORY ?? "2G";
  const withShare = (share) => {
    if (builtProgram) packProgram(builtProgram, join(share, "daemon.tar"));
    return machine({ cache, memory, share });
  };
  // What a machine recorded of the original is the only thing that it leaves.
  const keep = (share) => {
    const recorded = join(share, "recorded");
    if (existsSync(recorded))
      cpSync(recorded, join(root, "test/support/recorded"), { recursive: true });
  };
  return outcomeOf(name, job, withShare, secondsLeft(), keep);
}

async function runInMachines(files, kind) {
  const cache = setUp(setUpScript, `--${kind}`);
  const kernels = kind === "emulated" ? {} : (found ?? userModeKernels(cache));
  const durationsFile = join(cache, "durations.json");
  const durations = readDurations(durationsFile);
  const hands = dealOut(files, Math.max(1, Number(values.machines)), durations);
  // More processors than the host can give cost more than they bring: they wait for each other's locks.
  const processors = Math.max(1, Math.floor(availableParallelism() / hands.length));
  const machine = (kernel) => (options) =>
    kind === "emulated"
      ? emulatedMachine({ ...options, processors })
      : userModeMachine({ ...options, kernel });
  const outcomes = [];
  const play = async (hand, name) => {
    const { full, quick } = kernels;
    const turns =
      full === quick
        ? [[hand, full]]
        : [
            [hand.filter(isForFull), full],
            [hand.filter((file) => !isForFull(file)), quick],
          ];
    for (const [its, kernel] of turns) {
      if (its.length > 0) outcomes.push(await runInMachine(its, name, cache, machine(kernel)));
    }
  };
  await Promise.all(hands.map((hand, index) => play(hand, `vm${index + 1}`)));
  for (const { results } of outcomes) {
    for (const file of results?.testResults ?? []) {
      const name = file.name.slice(file.name.indexOf(`${folder}/`));
      durations[name] = Math.round((file.endTime - file.startTime) / 1000);
    }
  }
  writeFileSync(durationsFile, JSON.stringify(durations, null, 2));
  return outcomes;
}

// ---- the host's own kernel ----

async function runOnHost(files) {
  setUp(setUpScript, "--host");
  const out = mkdtempSync(join(tmpdir(), "ldirectord-ng-lab-"));
  const resultsFile = join(out, "results.json");
  const child = spawn(
    "unshare",
    [
      ...["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c"],
      'ip link set lo up && mkdir -p /run/netns && mount -t tmpfs netns /run/netns && exec "$@"',
      "sh",
      ...vitestCommand(files, resultsFile),
    ],
    {
      stdio: ["ignore", "inherit", "inherit"],
      cwd: root,
      env: { ...process.env, NO_COLOR: "1" },
      timeout: secondsLeft() * 1000,
      killSignal: "SIGKILL",
    },
  );
  running.add(child);
  const status = await new Promise((resolve) => {
    child.on("error", () => resolve(1));
    child.on("close", (code) => resolve(code ?? 1));
  });
  running.delete(child);
  const outcome = existsSync(resultsFile)
    ? { status, results: JSON.parse(readFileSync(resultsFile, "utf8")) }
    : { failure: "vitest ended without results" };
  rmSync(out, { recursive: true, force: true });
  return [outcome];
}

// ---- both ----

/** The kernels that run as a process, once they have been looked for. */
let found;

/** Which kind of machine there can be. */
function ownKernel() {
  const cache = trySetUp(setUpScript, "--user-mode");
  found = cache ? userModeKernels(cache) : { reason: "see above" };
  if (found.full !== undefined) return "user-mode";
  console.log(`no kernel that runs as a process here (${found.reason}): in an emulated machine`);
  return "emulated";
}

const where = process.env.LAB_KERNEL ?? (hostHasIpvs() ? "host" : ownKernel());
const emulatedFilter = values["emulated-filter"];
if (where === "emulated" && emulatedFilter) {
  console.log(
    `too slow for an emulated machine: all but the files with ${emulatedFilter} in their name`,
  );
}
const files = testFiles().filter(
  (name) => where !== "emulated" || !emulatedFilter || name.includes(emulatedFilter),
);
if (files.length === 0 && where === "emulated") process.exit(CANNOT);
if (files.length === 0) {
  console.error(`kernel tests: no file in ${folder} has ${positionals.join(" or ")} in its name`);
  process.exit(1);
}
const { LAB_DIRECTOR, LAB_PROGRAM } = process.env;
/** The folder; undefined where it is given, or none of ours. */
const builtProgram =
  LAB_DIRECTOR === "original" || LAB_PROGRAM !== undefined ? undefined : await buildProgram();
if (builtProgram) process.env.LAB_PROGRAM = join(builtProgram, "src/cli.js");
const outcomes = where === "host" ? await runOnHost(files) : await runInMachines(files, where);
const seconds = Math.round((Date.now() - started) / 1000);
const title = `${values.project} tests (${where}, ${seconds} s)`;
process.exitCode = report(title, outcomes, values.results);
