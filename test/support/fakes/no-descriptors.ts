import { execFileSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { openFileLimit } from "../../../src/health/probes/limits.ts";

/** Runs `act` while this process can open nothing more. It is synchronous: nothing else here meets that. */
export function withoutDescriptors(act: () => void): void {
  const before = openFileLimit();
  const setLimit = (limit: number) =>
    execFileSync("prlimit", [
      ...["--pid", String(process.pid)],
      `--nofile=${Number.isFinite(limit) ? limit : "unlimited"}:`,
    ]);
  setLimit(256);
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync("/dev/null", "r"));
  } catch {
    // EMFILE: that was the last one.
  }
  try {
    act();
  } finally {
    for (const fd of taken) closeSync(fd);
    setLimit(before);
  }
}
