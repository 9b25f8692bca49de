import type { UnixDatagram } from "../native/unix-datagram.ts";
import { priorities } from "./events.ts";
import { lossy } from "./lossy.ts";
import { messageIds } from "./message-ids.ts";
import type { Destination, LogRecord } from "./record.ts";
import { writeToStderr } from "./stream.ts";

/** Where systemd-journald listens for its own protocol. */
export const journalSocket = "/run/systemd/journal/socket";

/** What every entry says of the daemon it comes from. */
export interface JournalContext {
  readonly instance: string;
  /** Resolved. */
  readonly configFile: string;
}

/** A longer field is cut: without a memfd, an entry must fit a datagram (net.core.wmem_default). */
const maxFieldBytes = 16 * 1024;

/**
 * The native protocol of systemd-journald: an entry with typed fields for each message.
 * @see systemd's JOURNAL_NATIVE_PROTOCOL.md
 */
export function journaldDestination(
  context: JournalContext,
  socket: Pick<UnixDatagram, "send" | "problem" | "close">,
  lastResort: (text: string) => void = writeToStderr,
): Destination {
  const write = lossy(
    "the journal",
    (line, record) => {
      if (!socket.send(entryOf(line, record, context))) throw new Error(socket.problem);
    },
    lastResort,
  );
  return { write, close: () => socket.close() };
}

/** Pure. One entry, as it goes on the wire. */
function entryOf(
  line: string,
  { severity, name, fields }: LogRecord,
  { instance, configFile }: JournalContext,
): Buffer {
  const entry = new Map<string, string>([
    ["MESSAGE", line],
    ["PRIORITY", String(priorities[severity])],
    ["SYSLOG_IDENTIFIER", "ldirectord"],
    ["INSTANCE", instance],
    ["CONFIG_FILE", configFile],
    ["EVENT", name],
  ]);
  if (name !== "debug") entry.set("MESSAGE_ID", messageIds[name]);
  for (const [field, value] of Object.entries(fields)) {
    if (field === "text" || value === undefined) continue;
    if (field === "virtual") addVirtual(entry, String(value));
    else entry.set(fieldName(field), String(value));
  }
  return Buffer.concat([...entry].map(([field, value]) => encodeField(field, value)));
}

/** `tcp:10.0.0.1:80`, as some texts have it, is asked for as the file writes it: `VIRTUAL=10.0.0.1:80`. */
function addVirtual(entry: Map<string, string>, text: string): void {
  const [, protocol, bare = text] = /^(tcp|udp|fwm6?):(.*)$/.exec(text) ?? [];
  entry.set("VIRTUAL", bare);
  if (protocol !== undefined) entry.set("PROTOCOL", protocol);
}

/** `durationMs` is DURATION_MS. Upper case, digits and `_`, a letter first: what journald takes. */
export const fieldName = (field: string): string =>
  field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** `NAME=value\n`; with a line feed in the value: name, line feed, length (64 bits, little-endian), value, line feed. */
function encodeField(name: string, value: string): Buffer {
  const bytes = cut(Buffer.from(value));
  if (!bytes.includes(0x0a)) return Buffer.concat([Buffer.from(`${name}=`), bytes, lineFeed]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([Buffer.from(`${name}\n`), length, bytes, lineFeed]);
}

const lineFeed = Buffer.from("\n");
const ellipsis = Buffer.from(" … (cut)");

const cut = (bytes: Buffer): Buffer =>
  bytes.length <= maxFieldBytes
    ? bytes
    : Buffer.concat([bytes.subarray(0, maxFieldBytes - ellipsis.length), ellipsis]);
