#!/usr/bin/env node
// `npm test`: everything there is to run, stage by stage, on a fresh clone too. Plain JavaScript, because it
// runs before anything is installed. The last line is `N passed, N failed`.
//
//   node test/run.mjs              what every change is tried with
//   node test/run.mjs --all        what CI runs: every stage below, too
//   node test/run.mjs services …   only the checks against real servers (further words: vitest's file filters)
//   node test/run.mjs package …    only the packages (the same)
//   node test/run.mjs surroundings …   only systemd, Pacemaker and the switch from the original (the same)
//   node test/run.mjs kernel …     only the kernel labs (the same)
//   node test/run.mjs parity [--generated N] …   only the original and ours side by side (the same)
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, install, run, tool, top } from "../packaging/setup.mjs";

const vitest = join(top, "node_modules", "vitest", "vitest.mjs");
/** test/lab/run.mjs, test/services/setup.sh and test/package/setup.sh exit with this where they may not do it; they have said why. */
const UNAVAILABLE = 77;

const totals = { passed: 0, failed: 0, skipped: 0 };
/** Told once more at the end, where one looks first. */
const failures = [];
const scratch = mkdtempSync(join(tmpdir(), "ldirectord-ng-test-"));

function stage(name, body) {
  console.log(`\n=== ${name}`);
  const start = Date.now();
  const { told = [], ...counts } = body();
  if (counts.failed > 0) failures.push(`--- ${name}: ${counts.failed} failed`, ...told);
  for (const key of Object.keys(totals)) totals[key] += counts[key] ?? 0;
  const seconds = ((Date.now() - start) / 1000).toFixed(1);
  console.log(`=== ${name}: ${JSON.stringify(counts)} in ${seconds} s`);
}

/** CI has 45 minutes in all. A stage that would go beyond them is for the one who asks for it, and says so. */
const begin = Date.now();
const budgetMinutes = 43;
function whileThereIsTime(script, usualMinutes, body) {
  const minutes = (Date.now() - begin) / 60_000;
  if (minutes + usualMinutes <= budgetMinutes) return body();
  console.log(
    `\n=== skipped: ${Math.round(minutes)} minutes are over, and this takes ${usualMinutes}: npm run ${script}`,
  );
  totals.skipped += 1;
}

/** A tool that says yes or no counts as one test. */
const yesNo = (isFine) => (isFine ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });

/** What a vitest JSON report counts; a run that died without one has failed once. */
function counted(report, status) {
  if (!existsSync(report) || statSync(report).size === 0) return { passed: 0, failed: 1 };
  const results = JSON.parse(readFileSync(report, "utf8"));
  const { numPassedTests, numFailedTests, numFailedTestSuites, numPendingTests } = results;
  const failed = numFailedTests + (numFailedTests === 0 ? numFailedTestSuites : 0);
  return {
    passed: numPassedTests,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: numPendingTests,
    told: [...(results.failures ?? []), ...results.testResults.flatMap(failuresOfFile)],
  };
}

/** A failed test's name and the begin of what it said; of a file that could not be run, the same. */
function failuresOfFile({ name, message, status, assertionResults }) {
  const begin = (text) => text.split("\n").slice(0, 30).join("\n");
  const failed = assertionResults.filter((test) => test.status === "failed");
  if (failed.length === 0) return status === "failed" ? [`${name}: ${begin(message)}`] : [];
  return failed.map(
    (test) => `${name} > ${test.fullName}\n${begin(test.failureMessages.join("\n"))}`,
  );
}

/** @param within a command that runs another and becomes it, with its arguments */
function vitestRun(project, filters = [], within = []) {
  const report = join(scratch, `${project}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const [command, ...args] = [
    ...within,
    ...[process.execPath, vitest, "run", "--project", project],
    ...reporters,
    ...filters,
  ];
  return counted(report, run(command, args));
}

/** A network of its own, in which there is only loopback: no server or test can reach anything else. */
const alone = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];

const vitestStage = (project) => stage(`${project} tests`, () => vitestRun(project));

function servicesStage(filters) {
  stage("real servers", () => {
    const status = run("bash", [join(top, "test", "services", "setup.sh")]);
    if (status === UNAVAILABLE) return { passed: 0, failed: 0, skipped: 1 };
    if (status !== 0) return yesNo(false);
    const mayBeAlone = spawnSync(alone[0], [...alone.slice(1), "true"]).status === 0;
    if (!mayBeAlone)
      console.log("no network of its own to be had here: on this machine's loopback");
    return vitestRun("services", filters, mayBeAlone ? alone : []);
  });
}

function packageStage(filters) {
  stage("packages", () => {
    const status = run("bash", [join(top, "test", "package", "setup.sh")]);
    if (status === UNAVAILABLE) return { passed: 0, failed: 0, skipped: 1 };
    return status === 0 ? vitestRun("package", filters) : yesNo(false);
  });
}

/** @param project vitest's, whose tests meet a real IPVS table */
function labStage(title, project, filters) {
  stage(title, () => {
    const report = join(scratch, `${project}.json`);
    const lab = join(top, "test", "lab", "run.mjs");
    const options = ["--project", project, "--results", report];
    const status = run(process.execPath, [lab, ...options, ...filters]);
    if (status === UNAVAILABLE) return { passed: 0, failed: 0, skipped: 1 };
    return counted(report, status);
  });
}

/** @param options of test/lab/run.mjs */
function parityStage(filters, options = []) {
  labStage("the original beside ours", "parity", ["--limit", "7200", ...options, ...filters]);
}

/** Needs no kernel, and each program but a moment. */
function readingsStage(filters) {
  const { LAB_KERNEL, PARITY_TABLE } = process.env;
  Object.assign(process.env, { LAB_KERNEL: "host", PARITY_TABLE: "emulated" });
  labStage("what both say of a file", "readings", filters);
  for (const [name, value] of Object.entries({ LAB_KERNEL, PARITY_TABLE })) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

function surroundingsStage(filters) {
  stage("surroundings", () => {
    const report = join(scratch, "surroundings.json");
    const runner = join(top, "test", "surroundings", "run.mjs");
    const status = run(process.execPath, [runner, "--results", report, ...filters]);
    if (status === UNAVAILABLE) return { passed: 0, failed: 0, skipped: 1 };
    return counted(report, status);
  });
}

const isAll = process.argv[2] === "--all";
const [only, ...filters] = process.argv.slice(isAll ? 3 : 2);
try {
  if (!install()) throw new Error("npm ci failed: nothing was tested");
  stage("build", () => yesNo(build()));
  if (only === "kernel") {
    labStage("kernel labs", only, filters);
  } else if (only === "parity") {
    const at = filters.indexOf("--generated");
    if (at >= 0) [, process.env.PARITY_GENERATED] = filters.splice(at, 2);
    const isReadings = (filter) => filter.startsWith("readings");
    const others = filters.filter((filter) => !isReadings(filter));
    if (filters.length === 0 || others.length > 0) parityStage(others);
    if (filters.length === 0 || filters.some(isReadings)) readingsStage([]);
  } else if (only === "services") {
    servicesStage(filters);
  } else if (only === "package") {
    packageStage(filters);
  } else if (only === "surroundings") {
    surroundingsStage(filters);
  } else {
    stage("types", () => yesNo(tool("tsc", "--noEmit") === 0));
    stage("biome", () => yesNo(tool("biome", "ci", ".") === 0));
    stage("typed lint", () => yesNo(tool("eslint", ".") === 0));
    stage("unused code", () => yesNo(tool("knip") === 0));
    vitestStage("unit");
    vitestStage("daemon");
    labStage("kernel labs", "kernel", []);
    if (isAll) {
      servicesStage([]);
      packageStage([]);
      whileThereIsTime("test:surroundings", 9, () => surroundingsStage([]));
      // Those whose daemons start with hundreds of servers come last. An emulated kernel is too slow for most.
      const large = ["servers.test", "changes.test"];
      const options = ["--emulated-filter", "service-parity"];
      whileThereIsTime("test:parity", 12, () =>
        parityStage([], [...options, ...large.flatMap((it) => ["--without", it])]),
      );
      whileThereIsTime("test:parity -- readings", 3, () => readingsStage([]));
      whileThereIsTime(`test:parity -- ${large.join(" ")}`, 9, () => parityStage(large, options));
    }
  }
} catch (error) {
  console.error(error.message);
  totals.failed += 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
if (failures.length > 0) console.log(`\n=== what failed\n${failures.join("\n")}`);
const { passed, failed, skipped } = totals;
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
