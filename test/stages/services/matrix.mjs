// vitest's globalSetup of the services project: a file for lib/matrix.ts to write to, and its table at the end.
// A cell that has no reason to be empty fails the run.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const cases = ["right answer", "wrong answer", "refused login", "silent", "gone"];

/** Why a cell is empty: service, case, reason. */
const reasons = [
  ["dns", "refused login", "there is no login in DNS"],
  ["nntp", "refused login", "the check does not log in"],
  ["smtp", "refused login", "the check does not log in"],
  ["submission", "refused login", "the check does not log in"],
  [
    "simpletcp",
    "refused login",
    "a login, if any, is in the request: then its refusal is a wrong answer",
  ],
  ["oracle", "right answer", "there is no Oracle server to be had"],
  ["oracle", "refused login", "there is no Oracle server to be had"],
];
const reasonFor = (service, of) =>
  reasons.find(([word, column]) => service.startsWith(`${word} (`) && column === of)?.[2];

/** @param project vitest's, of which only what it was told to leave out is asked */
export default function setup(project) {
  const folder = mkdtempSync(join(tmpdir(), "ldirectord-ng-matrix-"));
  const file = join(folder, "cells");
  writeFileSync(file, "");
  process.env.SERVICES_MATRIX = file;
  return () => {
    const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
    rmSync(folder, { recursive: true });
    const isWhole = project.config.testNamePattern === undefined;
    if (print(lines.map((line) => JSON.parse(line))) && isWhole) process.exitCode = 1;
  };
}

/** @returns whether a cell is missing */
function print(cells) {
  if (cells.length === 0) return false;
  const word = ({ up, reason }) => (up ? "up" : `down: ${reason}`);
  const services = [...new Set(cells.map(({ service }) => service))].sort();
  /** Several probes may share a cell: all that they said. */
  const said = (service, of) => [
    ...new Set(
      cells
        .filter((cell) => cell.service === service && cell.of === of)
        .map((c) => word(c.verdict)),
    ),
  ];
  const rows = services.map((service) => [
    service,
    ...cases.map((of) => said(service, of).join(", ") || "–"),
  ]);
  const table = [["service", ...cases], ...rows];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  console.log("\nWhat was said of each real server:");
  for (const row of table)
    console.log(`  ${row.map((cell, column) => cell.padEnd(widths[column])).join("  ")}`.trimEnd());
  console.log("\nIn words:");
  const lines = cells.map(
    ({ service, of, verdict }) => `  ${service}, ${of}: ${word(verdict)} (${verdict.detail})`,
  );
  for (const line of [...new Set(lines)].sort()) console.log(line);
  console.log("\nNot asked:");
  const empty = services.flatMap((service) =>
    cases.filter((of) => said(service, of).length === 0).map((of) => [service, of]),
  );
  for (const [service, of] of empty)
    console.log(`  ${service}, ${of}: ${reasonFor(service, of) ?? "MISSING, without a reason"}`);
  return empty.some(([service, of]) => reasonFor(service, of) === undefined);
}
