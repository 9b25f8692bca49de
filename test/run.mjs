#!/usr/bin/env node
// `npm test`: everything there is to run, stage by stage (stages.mjs), on a fresh clone too. Plain JavaScript, because
// it runs before anything is installed. The last line is `N passed, N failed[, N skipped]`.
//
//   node test/run.mjs               what every change is tried with
//   node test/run.mjs --all         what CI runs
//   node test/run.mjs --nightly     what CI has no time for
//   node test/run.mjs STAGE …       only this stage (further words: vitest's file filters)
//   node test/run.mjs parity [--generated N] …   the original and ours side by side, and what both say of a file
//   node test/run.mjs record …      the same, and what the original did goes into test/support/recorded
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, install } from "../packaging/setup.mjs";
import { isInTime, runStage } from "./run-stage.mjs";
import { onHost, processors, recordedFiles, stages } from "./stages.mjs";

const totals = { passed: 0, failed: 0, skipped: 0 };
/** Stages in which something failed: told once more at the end, where one looks first. */
const failures = [];
/** What failed and then passed: likewise. */
const unsteady = [];
const scratch = mkdtempSync(join(tmpdir(), "ldirectord-ng-test-"));

/** @param body its counts, what it wants to be told again, and which files failed */
async function stage(title, body) {
  console.log(`\n=== ${title}`);
  const start = Date.now();
  const { told = [], failedFiles = [], ...counts } = await body();
  if (counts.failed > 0) failures.push({ title, told, failedFiles, failed: counts.failed });
  for (const key of Object.keys(totals)) totals[key] += counts[key] ?? 0;
  const seconds = ((Date.now() - start) / 1000).toFixed(1);
  console.log(`=== ${title}: ${JSON.stringify(counts)} in ${seconds} s`);
}

const one = (name) => stages.find((it) => it.name === name);

/**
 * Each begins when the one before has, and as soon as the processors that it keeps busy are left to it. One that leaves
 * some to others keeps its output until it is over.
 */
async function inOrder(list) {
  const running = new Set();
  let free = processors;
  for (const it of list) {
    const needs = it.processors ?? processors;
    while (free < needs) await Promise.race(running);
    if (!isAffordable(it)) continue;
    free -= needs;
    const run = inTurn(it, needs === processors).finally(() => {
      free += needs;
      running.delete(run);
    });
    running.add(run);
  }
  await Promise.all(running);
}

async function inTurn(it, isOnlyOne) {
  const setting = { scratch, filters: it.files ?? [], isTimed: isAll };
  if (isOnlyOne) return stage(it.title, () => runStage(it, setting));
  const output = [];
  const begin = Date.now();
  const counts = await runStage(it, { ...setting, output });
  await stage(it.title, () => {
    process.stdout.write(Buffer.concat(output));
    return { ...counts, seconds: Math.round((Date.now() - begin) / 1000) };
  });
}

/**
 * Few files that failed are run once more, alone. What passes then is no less a mistake, of the test or of the program,
 * and is told as unsteady, by name and with what it said; but it is none of whatever CI was asked to look at. The nightly
 * run, and whoever runs a stage, has no second look.
 */
async function lookAgain() {
  const files = failures.flatMap(({ failedFiles }) => failedFiles);
  if (files.length > maxUnsteady) return;
  for (const failure of [...failures]) {
    const { title, told, failedFiles, failed } = failure;
    const it = stages.find((each) => each.title === title);
    const isAllKnown = sum(failedFiles.map((each) => each.failed)) === failed;
    const minutes = minutesToBegin + sum(failedFiles.map((each) => each.minutes));
    if (it === undefined || !isAllKnown || !isInTime({ minutes })) continue;
    console.log(`\n=== once more, alone: ${title}, ${failedFiles.map(({ file }) => file)}`);
    const filters = failedFiles.map(({ file }) => file);
    const second = await runStage(it, { scratch, filters, isTimed: true });
    if (second.failed > 0 || second.passed === 0) continue;
    failures.splice(failures.indexOf(failure), 1);
    unsteady.push(`--- ${title}: ${failed} failed, and passed when run once more, alone`, ...told);
    totals.failed -= failed;
    totals.passed += failed;
  }
}
const maxUnsteady = 3;
/** Until the first test of a stage: its set-up, or a kernel that starts. */
const minutesToBegin = 0.5;
const sum = (numbers) => numbers.reduce((all, each) => all + each, 0);

/** A stage that would go beyond CI's time is for the one who asks for it, and says so. */
function isAffordable(it) {
  if (!isAll || isInTime(it)) return true;
  console.log(
    `\n=== skipped: ${it.title} takes ${it.minutes} minutes, which are not left: node test/run.mjs ${it.name}`,
  );
  totals.skipped += 1;
  return false;
}

/** @param parity @param readings the two stages' names */
function withReadings(parity, readings, filters, env) {
  const generated = filters.indexOf("--generated");
  const all = { ...env };
  if (generated >= 0) [, all.PARITY_GENERATED] = filters.splice(generated, 2);
  const isReadings = (filter) => filter.startsWith("readings");
  const others = filters.filter((filter) => !isReadings(filter));
  const chosen = (name) => ({ ...one(name), env: { ...one(name).env, ...all } });
  return [
    ...(filters.length === 0 || others.length > 0
      ? [[chosen(parity), others.length > 0 ? others : (one(parity).files ?? [])]]
      : []),
    ...(filters.length === 0 || filters.some(isReadings) ? [[chosen(readings), []]] : []),
  ];
}

function asked(name, filters) {
  if (name === "parity") return withReadings("parity", "readings", filters, {});
  if (name === "recorded") return withReadings("parity-recorded", "readings-recorded", filters, {});
  // Without a kernel: the stories are the same, and it takes minutes.
  if (name === "record") {
    const env = { ...onHost, PARITY_RECORD: "write" };
    return withReadings("parity", "readings", filters.length > 0 ? filters : recordedFiles, env);
  }
  const it = one(name);
  if (!it) throw new Error(`${name}: known stages are ${stages.map((each) => each.name)}`);
  // What has a script of its own is, asked for by itself, all of its project.
  return [[it, filters.length > 0 || it.script ? filters : (it.files ?? [])]];
}

const [first, ...filters] = process.argv.slice(2);
const isAll = first === "--all";
try {
  if (!install()) throw new Error("npm ci failed: nothing was tested");
  await stage("build", () => (build() ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }));
  if (first === undefined) await inOrder(stages.filter(({ runs }) => runs === "change"));
  else if (isAll) {
    process.env.LAB_PROPERTIES ??= "20261130";
    await inOrder(stages.filter(({ runs }) => runs !== "nightly"));
    await lookAgain();
  } else if (first === "--nightly") {
    const env = { PARITY_GENERATED: process.env.PARITY_GENERATED ?? "200" };
    const nightly = stages.filter(({ runs }) => runs === "nightly");
    await inOrder(nightly.map((it) => ({ ...it, env: { ...it.env, ...env } })));
  } else {
    for (const [it, files] of asked(first, filters)) {
      await stage(it.title, () => runStage(it, { scratch, filters: files }));
    }
  }
} catch (error) {
  console.error(error.message);
  totals.failed += 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
if (unsteady.length > 0) console.log(`\n=== unsteady\n${unsteady.join("\n")}`);
const whatFailed = failures.flatMap((it) => [`--- ${it.title}: ${it.failed} failed`, ...it.told]);
if (whatFailed.length > 0) console.log(`\n=== what failed\n${whatFailed.join("\n")}`);
const { passed, failed, skipped } = totals;
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
