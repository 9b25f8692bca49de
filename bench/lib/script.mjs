import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Runs another bench in a process of its own, whose CPU time is then that of the work. @returns the JSON of its last line */
export function runScript(bench, name, args) {
  const path = join(import.meta.dirname, "..", name);
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", path, ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  if (status === 0) return JSON.parse(stdout.trimEnd().split("\n").at(-1));
  bench.failed(`${name} ${args.join(" ")}: ${stderr.slice(-500)}`);
  return undefined;
}
