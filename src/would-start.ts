/**
 * Whether a daemon could be started for `[CONFIG]`, as `ldirectord [CONFIG] start` would find it, and for the instances
 * that it starts (`execute`): before a package takes over what runs. Changes nothing; what stands against it goes to
 * standard error, each mistake with its line. Exit: 0 it could, 2 it could not.
 */
import { loadChecks } from "../checks/registry.ts";
import { withInstances } from "./commands/with-instances.ts";
import { writeToStderr } from "./log/sinks/stream.ts";
import { libcProblem, loadLibc } from "./native/libc.ts";

const checks = await loadChecks();
// All of the program, as far as it is there.
await import("./daemon/daemon.ts");

async function obstacles(given: string | undefined): Promise<string[]> {
  const found: string[] = [];
  for await (const each of withInstances(given, checks)) {
    if (each instanceof Error) found.push(each.message);
    else if (!each.read.ok) found.push(...each.read.problems.map(({ text }) => text));
    else if (each.read.ini.backend === "kernel" && loadLibc() === undefined) {
      found.push(`the kernel cannot be reached: ${libcProblem()?.message}`);
    }
  }
  return found;
}

const found = await obstacles(process.argv[2]).catch((error) => [String(error)]);
for (const text of found) writeToStderr(`${text}\n`);
process.exitCode = found.length === 0 ? 0 : 2;
