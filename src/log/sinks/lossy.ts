import { messageOf } from "../../model/error-text.ts";
import { printable } from "../../model/one-line.ts";
import type { LogRecord } from "../record.ts";

/** Puts one line, and nothing but a line, where it belongs. @throws the system's error when that is not possible now */
export type LineWriter = (line: string, record: LogRecord) => void;

/**
 * Writes each record as one line through `put`, whatever its text is made of, and survives when that fails. One episode lasts from the first line that could not
 * be written to the next one that could: its first message goes to `lastResort` with the cause, the lost
 * ones are counted, and the count is the first thing written when the trouble is over.
 * @param what names the destination in those two messages: `log file /var/log/x.log`
 */
export function lossy(
  what: string,
  put: LineWriter,
  lastResort: (text: string) => void,
): (record: LogRecord) => void {
  let lost = 0;
  let cause = "";
  return (record) => {
    const line = printable(record.text);
    if (line.trim() === "") return;
    try {
      if (lost > 0) {
        const text = `${lost} messages lost: ${what} could not be written: ${cause}`;
        put(text, {
          ...record,
          severity: "error",
          name: "log-lost",
          text,
          fields: { lost, cause },
        });
        lost = 0;
      }
      put(line, record);
    } catch (error) {
      if (lost === 0) {
        cause = printable(messageOf(error));
        lastResort(`${line}\n${what} cannot be written: ${cause}\n`);
      }
      lost++;
    }
  };
}
