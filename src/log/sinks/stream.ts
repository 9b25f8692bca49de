import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import { bare, dated, type LineFormat } from "../line-format.ts";
import type { LogSink } from "../record.ts";
import { lossy } from "./lossy.ts";

/** Whatever happens: a reader that is gone or slow costs us the text, not the daemon. */
export function writeToStderr(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // Nowhere left to say so.
  }
}

const none = () => {};

/** Standard output under `supervised`. */
export const supervisedSink = (fd = 1, format: LineFormat = dated): LogSink =>
  descriptor(fd, "standard output", format);

/** Standard error under -d: the bare message. */
export const stderrSink = (fd = 2): LogSink => descriptor(fd, "standard error", bare);

function descriptor(fd: number, what: string, format: LineFormat): LogSink {
  const own = reopenPipe(fd);
  return {
    write: lossy(
      what,
      (line, record) => {
        writeSync(own ?? fd, `${format(line, record)}\n`);
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
