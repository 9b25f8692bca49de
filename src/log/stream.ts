import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import { ctime } from "./ctime.ts";
import { lossy } from "./lossy.ts";
import type { Destination, LogRecord } from "./record.ts";

/** Whatever happens: a reader that is gone or slow costs us the text, not the daemon. */
export function writeToStderr(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // Nowhere left to say so.
  }
}

const none = () => {};

/** Standard output under `supervised`: `[Sun Nov 22 17:17:29 2026] MESSAGE`. */
export const supervisedDestination = (fd = 1): Destination =>
  descriptor(fd, "standard output", (line, record) => `[${ctime(record.time)}] ${line}\n`);

/** Standard error under -d: the bare message; lines that are only for -d begin with `DEBUG2: `. */
export const stderrDestination = (fd = 2): Destination =>
  descriptor(fd, "standard error", (line, record) =>
    record.name === "debug" ? `DEBUG2: ${line}\n` : `${line}\n`,
  );

function descriptor(
  fd: number,
  what: string,
  format: (line: string, record: LogRecord) => string,
): Destination {
  const own = reopenPipe(fd);
  return {
    write: lossy(
      what,
      (line, record) => {
        writeSync(own ?? fd, format(line, record));
      },
      none,
    ),
    close: () => {
      if (own !== undefined) closeSync(own);
    },
  };
}

/**
 * A pipe whose reader sleeps would stop the daemon at 64 KiB. Its own non-blocking description of the same
 * pipe gives EAGAIN instead, without changing the one that we share with others.
 */
function reopenPipe(fd: number): number | undefined {
  try {
    if (!fstatSync(fd).isFIFO()) return undefined;
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return undefined; // no /proc, or not ours to open: the shared one does, and may block
  }
}
