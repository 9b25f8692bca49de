import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { hasIpvs } from "./namespace.mjs";

/** What a program says of itself; undefined when it is not here. */
function versionOf(pattern, command, ...args) {
  try {
    return pattern.exec(
      execFileSync("sh", ["-c", '"$@" 2>&1', "sh", command, ...args], { encoding: "utf8" }),
    )?.[1];
  } catch {
    return undefined;
  }
}

/** What a figure depends on beside the program. */
export function describeMachine() {
  const top = join(import.meta.dirname, "../..");
  return {
    processor: cpus()[0]?.model ?? "unknown",
    processors: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    table: hasIpvs() ? "the kernel's" : "stand-ins: the kernel has no IPVS",
    node: process.version,
    ours: JSON.parse(readFileSync(join(top, "package.json"), "utf8")).version,
    commit: versionOf(/^([0-9a-f]{12})/, "git", "-C", top, "rev-parse", "HEAD"),
    keepalived: versionOf(/Keepalived v(\S+)/, "keepalived", "--version"),
    original: versionOf(/Version:\s*(\S+)/, "dpkg", "-s", "ldirectord"),
  };
}
