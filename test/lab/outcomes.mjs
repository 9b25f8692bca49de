// What the machines of a run have left: vitest's results and exit status of each, or why there are none.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { boot } from "./machine.mjs";

/**
 * Gives a machine a job, and ends when it is off.
 * @param job lines of a shell script that leaves vitest's results in `results.json` of the shared folder
 * @param machine from the folder that both sides may write to, the machine's process
 * @param limit seconds
 * @param keep takes what else it wants from the shared folder
 * @returns { status, results } or { failure }
 */
export async function outcomeOf(name, job, machine, limit, keep = () => {}) {
  const share = mkdtempSync(join(tmpdir(), "ldirectord-ng-lab-"));
  try {
    writeFileSync(join(share, "job.sh"), job.join("\n"));
    const { console: said, ranOut } = await boot(name, machine(share), limit * 1000);
    keep(share);
    const statusFile = join(share, "status");
    const resultsFile = join(share, "results.json");
    if (existsSync(statusFile) && existsSync(resultsFile)) {
      return {
        status: Number(readFileSync(statusFile, "utf8")),
        results: JSON.parse(readFileSync(resultsFile, "utf8")),
      };
    }
    const why = ranOut ? `was stopped after ${limit} s` : "ended without results";
    const end = said.split("\n").slice(-40).join("\n");
    return { failure: `${name} ${why}. The end of its console:\n${end}` };
  } finally {
    rmSync(share, { recursive: true, force: true });
  }
}

/** Vitest's JSON of all machines as one; only what a reader of the totals needs. */
function merge(outcomes) {
  const parts = outcomes.flatMap(({ results }) => results ?? []);
  const sum = (key) => parts.reduce((total, part) => total + part[key], 0);
  return {
    success: outcomes.every(({ status }) => status === 0),
    numTotalTests: sum("numTotalTests"),
    numPassedTests: sum("numPassedTests"),
    numFailedTests: sum("numFailedTests"),
    numPendingTests: sum("numPendingTests"),
    numFailedTestSuites: sum("numFailedTestSuites"),
    failures: outcomes.flatMap(({ failure }) => failure ?? []),
    testResults: parts.flatMap((part) => part.testResults),
  };
}

/**
 * Says what came out, in one last line.
 * @param file where the results of all go; none, when undefined
 * @returns the exit code of the run
 */
export function report(title, outcomes, file) {
  const merged = merge(outcomes);
  if (file) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(merged));
  }
  for (const failure of merged.failures) console.error(failure);
  console.log(
    `${title}: ${merged.numPassedTests} passed, ` +
      `${merged.numFailedTests + merged.failures.length} failed, ${merged.numPendingTests} skipped`,
  );
  return merged.success ? 0 : 1;
}
