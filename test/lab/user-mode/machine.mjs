import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryFolder } from "../memory-folder.mjs";

/**
 * A machine that is a process of this one: a Linux whose hardware is the host's Linux (user-mode Linux). Its programs
 * run on the processor itself and start ten times sooner than in an emulated machine; it has one processor.
 * @param options.kernel a folder, as `userModeKernels` finds them @param options.cache where the labs have what they brought
 * @param options.init its first program
 * @param options.words more for the kernel
 */
export function userModeMachine({
  kernel,
  cache,
  memory,
  share,
  init = join(import.meta.dirname, "init.sh"),
  words = [],
}) {
  return {
    command: "unshare",
    args: [
      // All of its processes are the host's, too, and go with the first one.
      ...["--pid", "--fork", "--kill-child", join(kernel, "start")],
      ...[`mem=${memory}`, "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro"],
      ...[`init=${init}`, "con=null", "con0=null,fd:1", "ssl=null"],
      // Such a kernel loses pages of a process that has a ring and forks (7.2: "Bad page map", and a fault in the process).
      "sysctl.kernel.io_uring_disabled=2",
      ...["quiet", "loglevel=2", `LAB_CACHE=${cache}`, `LAB_LINUX=${kernel}`],
      ...[`LAB_SHARE=${share}`, ...words],
    ],
    // Its memory is a file.
    env: { TMPDIR: memoryFolder() },
  };
}

/**
 * Those that setup.sh brought and that run here.
 * @returns { quick, full, reason }: two folders, of the one whose programs run soonest and of the one that has the
 *   tables of iptables (mostly it is the slower); or what keeps both from running
 */
export function userModeKernels(cache) {
  const [quick, full] = ["user-mode-next", "user-mode"].map((name) => {
    const kernel = join(cache, name);
    const reason = existsSync(join(kernel, "start")) ? whyNot(kernel, cache) : "not there";
    if (reason !== undefined) console.log(`the kernel in ${name} does not run here: ${reason}`);
    return { kernel, reason };
  });
  if (full.reason !== undefined) return { reason: full.reason };
  return { quick: quick.reason === undefined ? quick.kernel : full.kernel, full: full.kernel };
}

/** Boots one that does nothing. */
function whyNot(kernel, cache) {
  const share = mkdtempSync(join(tmpdir(), "ldirectord-ng-lab-"));
  try {
    writeFileSync(join(share, "job.sh"), "modprobe -a ip_vs veth bridge ipip\n");
    const { command, args, env } = userModeMachine({ kernel, cache, memory: "256M", share });
    const { stdout } = spawnSync(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
      timeout: 30_000,
      killSignal: "SIGKILL",
      encoding: "utf8",
    });
    try {
      if (readFileSync(join(share, "status"), "utf8").trim() === "0") return undefined;
    } catch {}
    return stdout.trim().split("\n").slice(-3).join("; ") || "it said nothing";
  } finally {
    rmSync(share, { recursive: true, force: true });
  }
}
