// vitest's globalSetup of the services project: a file for lib/matrix.ts to write to, and its table at the end.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const cases = ["right answer", "wrong answer", "refused login", "silent", "gone"];

export default function setup() {
  const folder = mkdtempSync(join(tmpdir(), "ldirectord-ng-matrix-"));
  const file = join(folder, "cells");
  writeFileSync(file, "");
  process.env.SERVICES_MATRIX = file;
  return () => {
    const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
    rmSync(folder, { recursive: true });
    print(lines.map((line) => JSON.parse(line)));
  };
}

function print(cells) {
  if (cells.length === 0) return;
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
}
