import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export type PidFile =
  /** No file, or one without a line in it yet. */
  | { readonly state: "none" }
  | { readonly state: "running"; readonly pid: number }
  /** It names no process of ours. */
  | { readonly state: "stale" };

/** Who holds the pid file now. */
export function readPidFile(path: string): PidFile {
  let text: string;
  try {
    text = readFileSync(path, "latin1");
  } catch {
    return { state: "none" };
  }
  const line = text.split("\n")[0]?.trim() ?? "";
  if (line === "") return { state: "none" };
  const pid = /^[1-9]\d{0,9}$/.test(line) ? Number(line) : undefined;
  return pid !== undefined && isDirector(pid) ? { state: "running", pid } : { state: "stale" };
}

/**
 * Whether that process is an ldirectord, ours or the original: a word of its command line is that program's
 * name. The name of its configuration or log is not enough, for a pid comes round again: whoever edits
 * `ldirectord.cf` must not be taken for the daemon, and be killed by `stop`. We ourselves are never the one
 * looked for: in a container our own pid comes round at once.
 */
export function isDirector(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1")
      .split(/[\0\s]+/)
      .some(isProgramName);
  } catch {
    return false;
  }
}

const isProgramName = (word: string): boolean =>
  /^ldirectord(?!.*\.(?:cf|conf|ini|log|pid))/.test(word.slice(word.lastIndexOf("/") + 1));

export type Claim = { readonly kind: "ours" } | { readonly kind: "running"; readonly pid: number };

/**
 * Makes the pid file ours, whole at once, unless a living daemon has it. Of several that try at the same
 * time one gets it.
 * @throws the system's error when the folder cannot be written
 */
export async function claimPidFile(path: string): Promise<Claim> {
  const place = placeOf(path);
  const lock = `${place}.lock`;
  await takeLock(lock);
  try {
    const now = readPidFile(path);
    if (now.state === "running") return { kind: "running", pid: now.pid };
    const fresh = `${place}.${process.pid}.tmp`;
    try {
      // wx: in another user's folder a link of that name may lie in wait for root.
      rmSync(fresh, { force: true });
      writeFileSync(fresh, `${process.pid}\n`, { mode: 0o644, flag: "wx" });
      renameSync(fresh, place);
    } catch (error) {
      rmSync(fresh, { force: true });
      throw error;
    }
    return { kind: "ours" };
  } finally {
    rmSync(lock, { force: true });
  }
}

/**
 * Where the file really is. The service of a user of its own may not write in /run: there root has made the
 * name a link into a folder that it may write to. One that leads nowhere is taken for a file.
 */
function placeOf(path: string): string {
  try {
    const place = resolve(dirname(path), readlinkSync(path));
    return existsSync(dirname(place)) ? place : path;
  } catch {
    return path; // no link
  }
}

/** Removes the file if it is ours. Never another's, never with an error: at the end there is none to hear it. */
export function releasePidFile(path: string): void {
  try {
    if (readFileSync(path, "latin1").trim() !== String(process.pid)) return;
    rmSync(placeOf(path), { force: true });
  } catch {
    // Gone already.
  }
}

/** The lock is held for a few milliseconds; its owner was killed in them when it stays longer than this. */
const abandonedMs = 1000;

async function takeLock(lock: string): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += 10) {
    try {
      // Empty: on a full disk it can still be made.
      closeSync(openSync(lock, "wx", 0o600));
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (waitedMs > abandonedMs) rmSync(lock, { force: true });
    else await sleep(10);
  }
}
