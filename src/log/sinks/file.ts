import { closeSync, constants, openSync, writeSync } from "node:fs";
import { appending, openUnled } from "../../native/links.ts";
import type { LineFormat } from "../line-format.ts";
import type { LogSink } from "../record.ts";
import { lossy } from "./lossy.ts";
import { writeToStderr } from "./stream.ts";

/** @returns a descriptor @throws the system's error, also for a link that somebody else may have put there */
export const openForAppending = (path: string): number => openUnled(path, appending);

/** A file, opened for each line, so that whoever rotates it need not tell us. */
export function fileSink(
  path: string,
  format: LineFormat,
  lastResort: (text: string) => void = writeToStderr,
): LogSink {
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
      return openForAppending(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EMFILE" || spare === undefined) throw error;
      closeSync(spare);
      spare = undefined;
      return openForAppending(path);
    }
  };

  const write = lossy(
    `log file ${path}`,
    (line, record) => append(`${format(line, record)}\n`),
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
