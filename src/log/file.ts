import { closeSync, constants, openSync, writeSync } from "node:fs";
import { ctime } from "./ctime.ts";
import { lossy } from "./lossy.ts";
import type { Destination } from "./record.ts";
import { writeToStderr } from "./stream.ts";

// O_NONBLOCK: a FIFO without a reader fails (ENXIO) where it would hold up the daemon. No effect on a file.
const flags =
  constants.O_WRONLY |
  constants.O_APPEND |
  constants.O_CREAT |
  constants.O_NONBLOCK |
  constants.O_NOCTTY;

/**
 * A file, opened for each line, so that whoever rotates it need not tell us:
 * `[Sun Nov 22 16:47:40 2026|INSTANCE|PID] MESSAGE`
 * @param instance the configuration's name on the command line, or `ldirectord`
 */
export function fileDestination(
  path: string,
  instance: string,
  pid: number,
  lastResort: (text: string) => void = writeToStderr,
): Destination {
  let isLineOpen = false; // a full disk may take half a line

  const append = (text: string) => {
    const bytes = Buffer.from(isLineOpen ? `\n${text}` : text);
    const fd = openSync(path, flags, 0o666);
    try {
      let done = 0;
      while (done < bytes.length) {
        done += writeSync(fd, bytes, done);
        isLineOpen = done < bytes.length;
      }
    } finally {
      closeSync(fd);
    }
  };

  const write = lossy(
    `log file ${path}`,
    (line, record) => append(`[${ctime(record.time)}|${instance}|${pid}] ${line}\n`),
    lastResort,
  );
  return { write, close: () => {} };
}
