import type { FileHandle } from "node:fs/promises";
import { messageOf } from "../model/error-text.ts";
import { appending, openUnledBeside } from "../native/links.ts";

export interface AppendFile {
  /** Never waits, never throws. @param line whole, with its end */
  add(line: string): void;
  /** Resolved when what was added is written or lost. */
  settled(): Promise<void>;
}

export interface Trouble {
  /** The first line that could not be written. */
  readonly onFailed: (cause: string) => void;
  /** The first that could be written again. */
  readonly onRecovered: (lost: number) => void;
}

/** What waits for a slow disk; more is lost. */
const maxWaitingBytes = 4 * 1024 * 1024;

/**
 * Appends lines to a file beside everything else. It is opened anew for whatever has come together since the
 * last write, so that who rotates it need not tell us; and made when it is not there, also without a line.
 */
export function appendFile(path: string, trouble: Trouble): AppendFile {
  let waiting: string[] = [];
  let waitingBytes = 0;
  let lost = 0;
  let isFailing = false;
  let isLineOpen = false; // a full disk may take half a line
  let work: Promise<void> | undefined;

  const lose = (lines: number, cause: string) => {
    lost += lines;
    if (!isFailing) trouble.onFailed(cause);
    isFailing = true;
  };
  const writeAll = async (lines: readonly string[]) => {
    let file: FileHandle | undefined;
    let left = lines.length;
    try {
      file = await openUnledBeside(path, appending);
      if (isLineOpen) await file.appendFile("\n");
      const bytes = Buffer.from(lines.join(""));
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, done);
        done += bytesWritten;
        isLineOpen = bytes[done - 1] !== newline;
        left = lines.length - count(bytes.subarray(0, done), newline);
      }
      if (isFailing && lines.length > 0) {
        isFailing = false;
        trouble.onRecovered(lost);
        lost = 0;
      }
    } catch (error) {
      lose(left, messageOf(error));
    } finally {
      await file?.close().catch(() => {});
    }
  };
  const run = async () => {
    // What comes in the same turn of the event loop is one write.
    await new Promise((resolve) => setImmediate(resolve));
    do {
      const lines = waiting;
      waiting = [];
      waitingBytes = 0;
      await writeAll(lines);
    } while (waiting.length > 0);
    work = undefined;
  };
  work = run();

  return {
    add(line) {
      if (waitingBytes + line.length > maxWaitingBytes) {
        lose(1, "the disk is too slow");
        return;
      }
      waiting.push(line);
      waitingBytes += line.length;
      work ??= run();
    },
    async settled() {
      await work;
    },
  };
}

const newline = 0x0a;

function count(bytes: Uint8Array, wanted: number): number {
  let found = 0;
  for (const byte of bytes) if (byte === wanted) found++;
  return found;
}
