import { type LogRecord, linesOf } from "./record.ts";

/** Puts one line where it belongs. @throws the system's error when that is not possible now */
export type LineWriter = (line: string, record: LogRecord) => void;

/**
 * Writes through `put`, and survives when it fails. One episode lasts from the first line that could not
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
    for (const line of linesOf(record.text)) {
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
          cause = error instanceof Error ? error.message : String(error);
          lastResort(`${line}\n${what} cannot be written: ${cause}\n`);
        }
        lost++;
      }
    }
  };
}
