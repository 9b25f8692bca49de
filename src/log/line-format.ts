import { ctime } from "./ctime.ts";
import type { LogRecord } from "./record.ts";

/** How a record stands in a file or a stream, its line end apart. @param line the record's text as one line */
export type LineFormat = (line: string, record: LogRecord) => string;

/** What is only for debugging begins as the original's lines for -d do. */
export const bare: LineFormat = (line, { severity }) =>
  severity === "debug" ? `DEBUG2: ${line}` : line;

/** `[Sun Nov 22 17:17:29 2026] MESSAGE` */
export const dated: LineFormat = (line, record) => `[${ctime(record.time)}] ${bare(line, record)}`;

/**
 * `[Sun Nov 22 16:47:40 2026|INSTANCE|PID] MESSAGE`
 * @param instance the configuration's name on the command line, or `ldirectord`
 */
export const datedWithInstance =
  (instance: string, pid: number): LineFormat =>
  (line, record) =>
    `[${ctime(record.time)}|${instance}|${pid}] ${bare(line, record)}`;
