// Rows of the bench in a kernel with IPVS that runs as a process: what has to do with the table itself. Processor time there
// is counted in steps of 10 ms, so what a check costs is measured outside.
//   node bench/lab.mjs [--json FILE] [words of bench/run.mjs: apply start --size record]
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { boot, quote } from "../test/lab/machine.mjs";
import { setUp } from "../test/lab/set-up.mjs";
import { userModeKernels, userModeMachine } from "../test/lab/user-mode/machine.mjs";
import { merged, textOf } from "./figures/results.mjs";
import { install } from "./lib/needs.mjs";

const limitMs = 1_800_000;
const top = join(import.meta.dirname, "..");
const words = process.argv.slice(2);
const at = words.indexOf("--json");
const [, json] = at < 0 ? [] : words.splice(at, 2);
if (words.length === 0) words.push("apply", "start");

const cache = setUp(join(top, "test/lab/setup.sh"), "--user-mode");
const { quick: kernel, reason } = userModeKernels(cache);
if (kernel === undefined) {
  console.error(`no kernel that runs as a process here: ${reason}`);
  process.exit(1);
}
const share = mkdtempSync(join(tmpdir(), "bench-lab-"));
process.on("exit", () => rmSync(share, { recursive: true, force: true }));
const command = [
  process.execPath,
  join(top, "bench/run.mjs"),
  ...words,
  "--json",
  "/run/lab/result.json",
];
// The program is read from memory: through the host's files it starts slower.
const job = [
  `export PATH=${quote(dirname(process.execPath))}:$PATH NO_COLOR=1 BENCH_PRODUCT=/run/daemon`,
  "modprobe -a ip_vs ip_vs_wrr",
  "ulimit -n 100000",
  `mkdir /run/daemon && tar -C ${quote(await install(top, join(share, "product")))} -c . | tar -C /run/daemon -x`,
  "set -o pipefail",
  `${command.map(quote).join(" ")} 2>&1 | cat`,
];
writeFileSync(join(share, "job.sh"), `${job.join("\n")}\n`);
const { ranOut } = await boot(
  "lab",
  userModeMachine({ kernel, cache, memory: "3G", share }),
  limitMs,
);
if (ranOut) console.error(`was stopped after ${limitMs / 60_000} minutes`);
const result = join(share, "result.json");
if (json && existsSync(result)) {
  const now = JSON.parse(readFileSync(result, "utf8"));
  const before = existsSync(json) ? JSON.parse(readFileSync(json, "utf8")) : undefined;
  writeFileSync(json, textOf(merged(before, now)));
}
process.exit(existsSync(result) ? 0 : 1);
