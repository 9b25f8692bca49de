import { type ChildProcess, spawn } from "node:child_process";
import { totalmem } from "node:os";
import { LocalFault } from "../fault.ts";
import type { RunSignal } from "../run-signal.ts";
import { createSlots, type Slots } from "./semaphore.ts";

export interface ProgramEnd {
  /** 0..255; null when a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The start of what it wrote to stdout and stderr. */
  readonly output: string;
}

/** What a script and its interpreter take; a site's usual ones take less. */
const bytesPerProgram = 16 * 1024 * 1024;
/** Programs of all checks together: half of the memory at most, so that slow scripts do not fill the machine. */
const maxPrograms = Math.min(1024, Math.max(64, Math.floor(totalmem() / 2 / bytesPerProgram)));
const programSlots = createSlots(maxPrograms);

const maxOutputBytes = 4096;
/**
 * From SIGTERM to SIGKILL; from there until we no longer wait for a process the kernel cannot end; and
 * from a program's end until its output must be complete.
 */
const graceMs = 50;

/**
 * Runs a program in a process group of its own, in `/`, without a shell. When it ends, and when
 * `signal` aborts, whatever it started in that group is ended too.
 *
 * Rejects with the signal's reason once the program is gone; with spawn's error when it could not be
 * started; with a LocalFault when `signal` aborted while, or after, it had to wait for its turn: the
 * time was not its own.
 */
export async function runProgram(
  file: string,
  args: readonly string[],
  signal: RunSignal,
  slots: Slots = programSlots,
): Promise<ProgramEnd> {
  signal.throwIfAborted();
  const asked = performance.now();
  const { isFull } = slots;
  let hadToWait = isFull;
  try {
    const release = await slots.take(signal);
    hadToWait = isFull && performance.now() - asked > graceMs;
    return await run(file, args, signal, release);
  } catch (error) {
    if (!signal.aborted || !hadToWait || error !== signal.reason) throw error;
    throw new LocalFault(
      "CHECK_PROGRAMS",
      `${file} had no time: ${maxPrograms} check programs were running already`,
      { cause: error },
    );
  }
}

/** @param onGone called when the process no longer exists, which may be after the promise settles */
function run(
  file: string,
  args: readonly string[],
  signal: RunSignal,
  onGone: () => void,
): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const stopListening = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    };
    const failToStart = (error: unknown): void => {
      stopListening();
      onGone();
      reject(error);
    };
    const onAbort = (): void => {
      killGroup(child, "SIGTERM");
      timer = setTimeout(() => {
        killGroup(child, "SIGKILL");
        timer = setTimeout(() => {
          closeOutput(child);
          reject(signal.reason);
        }, graceMs);
      }, graceMs);
    };

    let child: ChildProcess;
    try {
      signal.throwIfAborted();
      child = spawn(file, args, { cwd: "/", detached: true, stdio: ["ignore", "pipe", "pipe"] });
    } catch (error) {
      failToStart(error);
      return;
    }
    child.on("error", (error) => {
      if (child.pid === undefined) failToStart(error);
    });
    if (child.pid === undefined) return;
    signal.addEventListener("abort", onAbort);
    const output = collectOutput(child);
    child.on("exit", (status, endedBy) => {
      stopListening();
      killGroup(child, "SIGKILL");
      onGone();
      if (signal.aborted) {
        closeOutput(child);
        reject(signal.reason);
        return;
      }
      // What it wrote last may still be on its way. A stray child that left the group may hold the pipes for ever.
      const stray = setTimeout(() => closeOutput(child), graceMs);
      child.on("close", () => {
        clearTimeout(stray);
        resolve({ status, signal: endedBy, output: output() });
      });
    });
  });
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // ESRCH: nobody of the group is left.
  }
}

/** Reads all there is, so that the program never blocks on a full pipe, and keeps the start. */
function collectOutput(child: ChildProcess): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const keep = (chunk: Buffer): void => {
    if (bytes < maxOutputBytes) chunks.push(chunk.subarray(0, maxOutputBytes - bytes));
    bytes += chunk.length;
  };
  child.stdout?.on("data", keep).on("error", () => {});
  child.stderr?.on("data", keep).on("error", () => {});
  return () => Buffer.concat(chunks).toString("utf8");
}

function closeOutput(child: ChildProcess): void {
  child.stdout?.destroy();
  child.stderr?.destroy();
}
