import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PidFileError } from "../errors.ts";
import { checkLink } from "../native/links.ts";
import { isDirector } from "./director.ts";
import { instanceOf } from "./instance.ts";

export type PidFile =
  /** No file, or one without a line in it yet. */
  | { readonly state: "none" }
  | { readonly state: "running"; readonly pid: number }
  /** It names no process of ours. */
  | { readonly state: "stale" };

/**
 * Who holds the pid file now.
 * @throws PidFileError when it cannot be told
 */
export function readPidFile(path: string): PidFile {
  const line = readStart(path)?.split("\n")[0]?.trim() ?? "";
  if (line === "") return { state: "none" };
  const pid = /^[1-9]\d{0,9}$/.test(line) ? Number(line) : undefined;
  const isRunning = pid !== undefined && isDirector(pid, instanceOf(path));
  return isRunning ? { state: "running", pid } : { state: "stale" };
}

/** @returns undefined when there is no such file */
function readStart(path: string): string | undefined {
  let fd: number | undefined;
  try {
    // O_NONBLOCK: a FIFO in its place waits for nobody.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    if (!fstatSync(fd).isFile()) throw new Error("it is not a regular file");
    const bytes = Buffer.alloc(64);
    return bytes.toString("latin1", 0, readSync(fd, bytes));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new PidFileError(`Can not read ${path}: ${message}`, { cause });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

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
      const fd = openSync(fresh, "wx");
      try {
        fchmodSync(fd, 0o644); // whatever the umask is: who asks for the status is not always root
        writeSync(fd, `${process.pid}\n`);
      } finally {
        closeSync(fd);
      }
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
 * @throws when somebody else may have put the link there
 */
function placeOf(path: string): string {
  checkLink(path);
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
