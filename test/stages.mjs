/**
 * Every stage of the tests, in the order in which they run: test/run.mjs, vitest.config.ts, README.md and
 * test/README.md are made from it. stages.d.mts says what a row holds.
 */
const needsPackages = "Debian packages, and root to bring them";
const needsKernel = `${needsPackages}; a kernel with IPVS, which is brought`;

const unit = {
  name: "unit",
  include: ["test/{unit,docs}/**/*.test.ts", "test/lab/**/*.test.ts"],
  setupFiles: ["test/support/property-seed.ts", "test/support/engine-kind.ts"],
  // No assertion: on a machine that does other things, too, the longest take ten times as long.
  testTimeout: 30_000,
  // Half of the time would go into loading the same modules for each file anew.
  isolate: false,
  // Most of a file's time is a wait, so that a processor less would show.
  maxWorkers: "100%",
  expect: { poll: { timeout: 10_000 } },
};

/** The built program as an operator starts it, on the embedded table. */
const daemon = {
  name: "daemon",
  include: ["test/stages/daemon/**/*.test.ts"],
  globalSetup: ["test/stages/daemon/build.mjs"],
  testTimeout: 60_000,
  // Each has a folder and a table of its own, and mostly waits.
  maxWorkers: 3,
  expect: { poll: { timeout: 10_000 } },
};

/** Run by test/lab, inside a network namespace or a kernel of its own. */
const kernel = {
  name: "kernel",
  include: ["test/stages/kernel/**/*.test.ts"],
  setupFiles: ["test/support/property-seed.ts"],
  // An emulated kernel on a busy host is fifty times slower than a real one.
  testTimeout: 600_000,
  hookTimeout: 300_000,
  fileParallelism: false,
  isolate: false,
};

/** Two directors and more, with the engines that decide which of them has the address: run by test/lab, likewise. */
const ha = {
  ...kernel,
  name: "ha",
  include: ["test/stages/ha/**/*.test.ts"],
};

/** The real servers of each protocol, on loopback. */
const services = {
  name: "services",
  include: ["test/stages/services/**/*.test.ts", "test/stages/bad-behaviours/**/*.test.ts"],
  setupFiles: ["test/support/engine-kind.ts"],
  globalSetup: ["test/stages/services/matrix.mjs", "test/stages/services/leftovers.mjs"],
  testTimeout: 60_000,
  hookTimeout: 60_000,
  // They mostly wait for servers, not for processors.
  maxWorkers: 4,
  // A server's log may come late on a busy host.
  expect: { poll: { timeout: 10_000 } },
};

/** The packages in clean roots of their Debian. */
const packages = {
  name: "package",
  include: ["test/stages/package/**/*.test.ts"],
  globalSetup: ["test/stages/package/build-once.ts"],
  testTimeout: 900_000,
  hookTimeout: 900_000,
  maxWorkers: 3,
};

/** A whole machine with systemd and Pacemaker: run by test/stages/surroundings/run.mjs. */
const surroundings = {
  name: "surroundings",
  include: ["test/stages/surroundings/**/*.test.ts"],
  testTimeout: 1_800_000,
  hookTimeout: 1_800_000,
  fileParallelism: false,
  isolate: false,
};

/** The original and ours side by side: run by test/lab, as the kernel tests are. */
const parity = {
  name: "parity",
  include: ["test/stages/parity/**/*.test.ts"],
  testTimeout: 1_200_000,
  hookTimeout: 300_000,
  fileParallelism: false,
  isolate: false,
};

/** What both say of a file, which needs no kernel: run by test/lab on the host, each program in namespaces. */
const readings = {
  name: "readings",
  include: ["test/stages/readings/**/*.test.ts"],
  testTimeout: 1_200_000,
  hookTimeout: 300_000,
};

/** That the minutes are of, and that stages share. */
export const processors = 2;

/** Of two directors what takes long. */
const nightlyPairs = ["table", "pair.test", "ecmp", "halves", "scale"];

/** Where a kernel has to be emulated, most of parity would take hours. */
const parityOptions = ["--limit", "7200", "--emulated-filter", "service-parity"];
const nodeSockets = { LAB_ENGINE: "node" };
export const onHost = { LAB_KERNEL: "host", PARITY_TABLE: "emulated" };

/** Of parity: what is recorded; random cases are for the night, and the verdicts on real servers a list of their own. */
export const recordedFiles = [
  ...["break", "changes", "mail", "programs", "servers", "table"].map((name) => `${name}.`),
  "programs-",
  "readings",
];

export const stages = [
  {
    name: "types",
    title: "types",
    script: "typecheck",
    runs: "change",
    minutes: 0.2,
    shows: "that it compiles",
    how: "tool",
    processors: 0.5,
    tool: ["tsc", "--noEmit"],
  },
  {
    name: "biome",
    title: "biome",
    runs: "change",
    minutes: 0.1,
    shows: "format, and lint that needs no types",
    how: "tool",
    processors: 0.5,
    tool: ["biome", "ci", "."],
  },
  {
    name: "lint",
    title: "typed lint",
    script: "lint",
    runs: "change",
    minutes: 0.5,
    shows: "promises, exhaustive switches, what is thrown, and the layers; with biome and knip",
    how: "tool",
    processors: 0.5,
    tool: ["eslint", "."],
  },
  {
    name: "knip",
    title: "unused code",
    runs: "change",
    minutes: 0.1,
    shows: "that nothing is left that nobody uses",
    how: "tool",
    processors: 0.5,
    tool: ["knip"],
  },
  {
    name: "unit",
    title: "unit tests",
    script: "test:unit",
    runs: "change",
    minutes: 1.5,
    shows: "each module, on real sockets of loopback and an embedded table; the documents",
    how: "vitest",
    project: unit,
  },
  {
    name: "daemon",
    title: "daemon tests",
    script: "test:daemon",
    runs: "change",
    minutes: 2,
    shows: "the built program as an operator starts it, on an embedded table",
    how: "vitest",
    project: daemon,
    // One of its tests is a director that is held up, which is not to be held up by others.
    processors: 1.5,
  },
  {
    name: "same-file",
    title: "the same file on two directors",
    // A machine that is emulated is too slow for ssh's time limits.
    shows:
      "the example of `callback`: rsync over a real sshd, both ways, and `ldirectorctl compare`; on an embedded table",
    how: "lab",
    project: ha,
    files: ["same-file"],
    runs: "ci",
    // It mostly waits for the next round of checks.
    processors: 0.5,
    isPatient: true,
    minutes: 2,
    needs: needsPackages,
    env: { LAB_KERNEL: "host" },
  },
  {
    name: "kernel",
    title: "kernel labs",
    script: "test:kernel",
    runs: "change",
    minutes: 8,
    shows: "a client, a director and real servers under traffic, on a real IPVS table",
    how: "lab",
    project: kernel,
    needs: needsKernel,
    env: { LAB_KILLS: process.env.LAB_KILLS ?? "20" },
  },
  {
    name: "ha",
    title: "two directors",
    script: "test:ha",
    runs: "ci",
    minutes: 6,
    shows:
      "two directors and more under traffic: keepalived decides, or the role by a file, and one of them dies",
    how: "lab",
    project: ha,
    // It has the machine to itself: what decides in there gives its address up when it is held up for seconds.
    needs: needsKernel,
    // Those are of the night, and the last is a stage of its own.
    options: [...nightlyPairs, "same-file"].flatMap((name) => ["--without", name]),
  },
  {
    name: "services",
    title: "real servers",
    script: "test:services",
    runs: "ci",
    minutes: 3,
    shows:
      "every check against the real servers of its protocol, on loopback; 25 ways in which servers misbehave; a real systemd-journald",
    how: "vitest",
    project: services,
    isAlone: true,
    processors: 1.5,
    needs: needsPackages,
    setUp: "test/stages/services/setup.sh",
  },
  {
    name: "readings-recorded",
    title: "ours, and what the original was seen to say of a file",
    shows:
      "ours on the files that the original was recorded to read, whatever it said; part of `npm run test:recorded`",
    how: "lab",
    project: readings,
    processors: 0.5,
    // Beside real servers, and then beside traffic that is not to notice.
    isPatient: true,
    runs: "ci",
    minutes: 5,
    needs: needsPackages,
    env: { ...onHost, PARITY_RECORD: "read" },
  },
  {
    name: "surroundings",
    title: "surroundings",
    script: "test:surroundings",
    shows:
      "systemd, journald, and the switch from the original under traffic, on a Debian that boots on such a kernel; by itself Pacemaker and heartbeat, too",
    how: "machine",
    project: surroundings,
    files: ["systemd", "journal", "switch"],
    runs: "ci",
    // On a machine on which processes are traced slowly it is more.
    minutes: 8,
    processors: 1.5,
    needs: needsKernel,
  },
  {
    name: "parity-recorded",
    title: "ours, and what the original was seen to do",
    script: "test:recorded",
    runs: "ci",
    minutes: 6,
    // It mostly waits for the next round of checks, and nobody hurries it.
    processors: 0.5,
    isPatient: true,
    shows:
      "ours on the files and servers that the original was recorded with ([how](test/stages/parity/README.md)), on an emulated table",
    how: "lab",
    project: parity,
    files: recordedFiles.filter((name) => name !== "readings"),
    options: ["--without", "service-parity"],
    needs: needsPackages,
    env: { ...onHost, PARITY_RECORD: "read" },
  },
  {
    name: "package",
    title: "packages",
    script: "test:package",
    runs: "ci",
    minutes: 9,
    shows:
      "the packages, in clean roots of Debian 12 and 13: beside the original and after it, up, down, interrupted, erased",
    how: "vitest",
    project: packages,
    processors: 1.5,
    needs: `${needsPackages}; a Debian mirror`,
    setUp: "test/stages/package/setup.sh",
  },
  {
    name: "kills",
    title: "killed fifty times",
    shows: "the kernel labs' kill at any moment, fifty times in place of twenty",
    how: "lab",
    project: kernel,
    files: ["kill9"],
    runs: "nightly",
    minutes: 5,
    needs: needsKernel,
    env: { LAB_KILLS: "50" },
  },
  {
    name: "ha-table",
    title: "two directors, every trouble",
    shows:
      "the table of docs/high-availability.md: what clients lose of each trouble, beside keepalived alone; 100 random moments; split brain; directors behind ECMP; both at work by halves; what sync costs",
    how: "lab",
    project: ha,
    files: nightlyPairs,
    // One after the other: its figures are those of a machine that has nothing else to do.
    options: ["--machines", "1", "--limit", "3600"],
    runs: "nightly",
    minutes: 25,
    needs: needsKernel,
    env: { LAB_HA: "full" },
  },
  {
    name: "looks",
    title: "the page, in every look",
    shows:
      "the page in Chromium: every width with every colour, with its script and without; CI has a third of them",
    how: "vitest",
    project: services,
    files: ["page"],
    isAlone: true,
    runs: "nightly",
    minutes: 3,
    needs: needsPackages,
    setUp: "test/stages/services/setup.sh",
    env: { PAGE_LOOKS: "all" },
  },
  {
    name: "cluster",
    title: "Pacemaker and heartbeat",
    shows:
      "all agents, a crash, a move to the second node, a broken file; two directors under traffic, one of which dies, freezes or is fenced; part of `npm run test:surroundings`",
    how: "machine",
    project: surroundings,
    files: ["addresses", "pacemaker", "heartbeat"],
    // On a slow machine the two ways of Pacemaker's pair take twenty-five minutes each, with the others beside them.
    options: ["--limit", "5400"],
    runs: "nightly",
    minutes: 30,
    needs: needsKernel,
  },
  {
    name: "unit-bundled",
    title: "unit tests on the Node.js that we bring",
    shows: "the same on the Node.js of our packages (CI's own is the oldest that we take)",
    how: "vitest",
    project: unit,
    onBundledNode: true,
    runs: "nightly",
    minutes: 1.5,
  },
  {
    name: "daemon-bundled",
    title: "daemon tests on the Node.js that we bring",
    shows: "the daemon on the Node.js of our packages",
    how: "vitest",
    project: daemon,
    onBundledNode: true,
    runs: "nightly",
    minutes: 2,
  },
  {
    name: "unit-node-sockets",
    title: "unit tests with the engine switched off",
    shows: "the same on Node's own sockets, as where koffi does not load",
    how: "vitest",
    project: unit,
    runs: "nightly",
    minutes: 1.5,
    env: nodeSockets,
  },
  {
    name: "daemon-node-sockets",
    title: "daemon tests with the engine switched off",
    shows: "the daemon with `engine = node`",
    how: "vitest",
    project: daemon,
    runs: "nightly",
    minutes: 2,
    env: nodeSockets,
  },
  {
    name: "services-node-sockets",
    title: "real servers with the engine switched off",
    shows: "every check against its real servers, and those that misbehave, on Node's own sockets",
    how: "vitest",
    project: services,
    isAlone: true,
    runs: "nightly",
    minutes: 3,
    needs: needsPackages,
    setUp: "test/stages/services/setup.sh",
    env: nodeSockets,
  },
  {
    name: "parity",
    title: "the original beside ours",
    script: "test:parity",
    shows:
      "the original beside ours, on the same files and servers, in the kernel ([how](test/stages/parity/README.md)); that what was recorded of it still holds",
    how: "lab",
    project: parity,
    runs: "nightly",
    minutes: 21,
    needs: needsKernel,
    options: parityOptions,
    env: { PARITY_RECORD: "both" },
  },
  {
    name: "readings",
    title: "what both say of a file",
    shows: "the same for files that are read once; with the stage above",
    how: "lab",
    project: readings,
    runs: "nightly",
    minutes: 3,
    needs: needsPackages,
    env: { ...onHost, PARITY_RECORD: "both" },
  },
];

const when = { change: "every change", ci: "CI", nightly: "nightly" };
const command = ({ script }) => (script ? `\`npm run ${script}\`` : "");

/** Of README.md: those that one starts by a name of their own and that `npm test` leaves out. */
export const readmeLines = () => [
  "| stage | what it meets |",
  "| --- | --- |",
  ...stages
    .filter(({ script, runs }) => script !== undefined && runs !== "change")
    .map((it) => `| ${command(it)} | ${it.shows} |`),
];

/** Of test/README.md: all. */
export const allLines = () => [
  "| stage | by itself | what it shows | what it needs | runs | minutes |",
  "| --- | --- | --- | --- | --- | --- |",
  ...stages.map((it) => {
    const shows = it.shows.replaceAll("](test/", "](");
    const cells = [it.name, command(it), shows, it.needs ?? "", when[it.runs], it.minutes];
    return `| ${cells.join(" | ")} |`.replaceAll("|  |", "| |").replaceAll("|  |", "| |");
  }),
];
