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
  // Out of descriptors is when the log is needed most: this one is given up for the time of a line.
  let spare = openSpare();

  const append = (text: string) => {
    const bytes = Buffer.from(isLineOpen ? `\n${text}` : text);
    const fd = openWithSpare();
    try {
      let done = 0;
      while (done < bytes.length) {
        done += writeSync(fd, bytes, done);
        isLineOpen = done < bytes.length;
      }
    } finally {
      closeSync(fd);
      spare ??= openSpare();
    }
  };

  const openWithSpare = (): number => {
    try {
      return openSync(path, flags, 0o666);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EMFILE" || spare === undefined) throw error;
      closeSync(spare);
      spare = undefined;
      return openSync(path, flags, 0o666);
    }
  };

  const write = lossy(
    `log file ${path}`,
    (line, record) => append(`[${ctime(record.time)}|${instance}|${pid}] ${line}\n`),
    lastResort,
  );
  return {
    write,
    close: () => {
      if (spare !== undefined) closeSync(spare);
      spare = undefined;
    },
  };
}

function openSpare(): number | undefined {
  try {
    return openSync("/dev/null", constants.O_RDONLY);
  } catch {
    return undefined;
  }
}
