import { printable } from "../model/one-line.ts";
import { priorities } from "./events/event.ts";
import { events } from "./events/events.ts";
import { fieldName } from "./events/fields.ts";
import type { LogRecord } from "./record.ts";

/** What every entry says of the daemon it comes from. */
export interface LogContext {
  readonly instance: string;
  /** Resolved. */
  readonly configFile: string;
}

/** A longer field is cut: without a memfd, an entry must fit a datagram (net.core.wmem_default). */
const maxFieldBytes = 16 * 1024;

/** A record as the journal and JSON have it: its fields by name, each one line. @param line the record's text as one */
export function entryOf(
  line: string,
  { severity, name, fields }: LogRecord,
  { instance, configFile }: LogContext,
): ReadonlyMap<string, string | number> {
  const entry = new Map<string, string | number>([
    ["MESSAGE", line],
    ["PRIORITY", priorities[severity]],
    ["SYSLOG_IDENTIFIER", "ldirectord"],
    ["INSTANCE", instance],
    ["CONFIG_FILE", configFile],
    ["EVENT", name],
  ]);
  if (name !== "debug") entry.set("MESSAGE_ID", events[name].id);
  for (const [field, value] of Object.entries(fields)) entry.set(fieldName(field), value);
  for (const [field, value] of entry) {
    if (typeof value === "string") entry.set(field, cut(printable(value)));
  }
  return entry;
}

const ellipsis = " … (cut)";

function cut(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxFieldBytes) return text;
  const kept = bytes.subarray(0, maxFieldBytes - Buffer.byteLength(ellipsis));
  // No half of a character at its end.
  return kept.toString().replace(/\ufffd+$/, "") + ellipsis;
}
