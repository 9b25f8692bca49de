/** How each kind of stage is run: a tool, vitest, a lab or a machine. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { bundledNode } from "../packaging/node.mjs";
import { top } from "../packaging/setup.mjs";
import { start } from "./start.mjs";

const vitest = join(top, "node_modules", "vitest", "vitest.mjs");
/** What set-ups, test/lab/run.mjs and the machine's exit with where they may not do it; they have said why. */
const UNAVAILABLE = 77;
const SKIPPED = { passed: 0, failed: 0, skipped: 1 };

/** CI has 45 minutes in all. */
const begin = Date.now();
const budgetMinutes = 43;
const minutesLeft = () => budgetMinutes - (Date.now() - begin) / 60_000;
export const isInTime = ({ minutes }) => minutes <= minutesLeft();

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
    failedFiles: results.testResults.filter((it) => it.status === "failed").map(failedFile),
  };
}

/** @returns a filter for it alone, how many of its tests failed, and how long all of them took */
function failedFile({ name, assertionResults, startTime, endTime }) {
  const failed = assertionResults.filter(({ status }) => status === "failed").length;
  return {
    file: basename(name).replace(/test\.ts$/, ""),
    failed: Math.max(failed, 1),
    minutes: (endTime - startTime) / 60_000,
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

/** A network of its own, in which there is only loopback: no server or test can reach anything else. */
const alone = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];

function aloneIfPossible() {
  if (spawnSync(alone[0], [...alone.slice(1), "true"]).status === 0) return alone;
  console.log("no network of its own to be had here: on this machine's loopback");
  return [];
}

/** @returns the program; undefined where it is the Node.js that runs this, so that there is nothing more to see */
function otherNode() {
  const { program, version } = bundledNode();
  console.log(`Node.js ${version}, after ${process.versions.node}`);
  const isSame = version.split(".")[0] === process.versions.node.split(".")[0];
  if (isSame) console.log("skipped: that is the Node.js that runs this");
  return isSame ? undefined : program;
}

/** Of a stage that gives way to others: before its command. */
const patience = ({ isPatient }) => (isPatient ? ["nice", "-n", "10"] : []);

async function runVitest(stage, report, { filters, output }) {
  const { project, setUp, isAlone, onBundledNode, env } = stage;
  if (setUp !== undefined) {
    const [bash, ...words] = [...patience(stage), "bash", join(top, setUp)];
    const status = await start(bash, words, { output });
    if (status !== 0) return status === UNAVAILABLE ? SKIPPED : yesNo(false);
  }
  const node = onBundledNode ? otherNode() : process.execPath;
  if (node === undefined) return { skipped: 1 };
  const [command, ...args] = [
    ...patience(stage),
    ...(isAlone ? aloneIfPossible() : []),
    ...[node, vitest, "run", "--project", project.name],
    ...["--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
    ...filters,
  ];
  return counted(report, await start(command, args, { env, output }));
}

/** @param script run.mjs of a lab or of the machine */
async function runOutside(script, args, stage, report, { filters, output, isTimed }) {
  // A machine that is slow beyond all that is usual is stopped before CI is.
  const limit = isTimed ? ["--limit", String(Math.round(minutesLeft() * 60))] : [];
  const all = [join(top, script), ...args, ...limit, "--results", report, ...filters];
  const [command, ...words] = [...patience(stage), process.execPath, ...all];
  const status = await start(command, words, { env: stage.env, output });
  return status === UNAVAILABLE ? SKIPPED : counted(report, status);
}

const ways = {
  tool: async ({ tool: [name, ...args] }, _report, { output }) =>
    yesNo((await start(join(top, "node_modules", ".bin", name), args, { output })) === 0),
  vitest: runVitest,
  lab: (stage, ...rest) => {
    const args = ["--project", stage.project.name, ...(stage.options ?? [])];
    return runOutside("test/lab/run.mjs", args, stage, ...rest);
  },
  machine: (stage, ...rest) =>
    runOutside("test/stages/surroundings/run.mjs", stage.options ?? [], stage, ...rest),
};

/**
 * @param stage a row of stages.mjs
 * @param setting.scratch a folder for its report @param setting.filters vitest's @param setting.output as in start.mjs
 * @param setting.isTimed it ends in CI's time
 * @returns its counts, and what it wants to be told again
 */
export async function runStage(stage, { scratch, filters = [], output, isTimed = false }) {
  const report = join(scratch, `${stage.name}.json`);
  rmSync(report, { force: true });
  try {
    return await ways[stage.how](stage, report, { filters, output, isTimed });
  } catch (error) {
    return { passed: 0, failed: 1, told: [error.message] };
  }
}
