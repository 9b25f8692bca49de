import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { run } from "./command.ts";

let made = 0;

/** Unique on this machine while this process lives, and short enough for `ip netns`. */
export function uniqueName(role: string): string {
  made += 1;
  return `ldng-${process.pid}-${made}-${role}`;
}

/** One network namespace by its name: a host of a lab. It exists as long as its network is open. */
export interface Namespace {
  readonly name: string;
}

export function runIn(
  namespace: Namespace,
  command: string,
  args: readonly string[],
  input = "",
): Promise<string> {
  return run("ip", ["netns", "exec", namespace.name, command, ...args], input);
}

/** `ip netns exec` becomes the command: the child's pid is the command's own. */
export function spawnIn(
  namespace: Namespace,
  command: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  return spawn("ip", ["netns", "exec", namespace.name, command, ...args], options);
}

/** Lines as `ip` takes them: `addr add …`. */
export async function ipIn(namespace: Namespace, lines: readonly string[]): Promise<void> {
  if (lines.length > 0) await run("ip", ["-n", namespace.name, "-batch", "-"], lines.join("\n"));
}
