import type { UnixDatagram } from "../../native/unix-datagram.ts";
import { entryOf, type LogContext } from "../entry.ts";
import type { LogSink } from "../record.ts";
import { lossy } from "./lossy.ts";
import { writeToStderr } from "./stream.ts";

/** Where systemd-journald listens for its own protocol. */
export const journalSocket = "/run/systemd/journal/socket";

/**
 * The native protocol of systemd-journald: an entry with typed fields for each message.
 * @see systemd's JOURNAL_NATIVE_PROTOCOL.md
 */
export function journaldSink(
  context: LogContext,
  socket: Pick<UnixDatagram, "send" | "problem" | "close">,
  lastResort: (text: string) => void = writeToStderr,
): LogSink {
  const write = lossy(
    "the journal",
    (line, record) => {
      // A field is `NAME=value\n`. Each is one line: a value cannot slip in a field of its own.
      const fields = [...entryOf(line, record, context)].map(
        ([name, value]) => `${name}=${value}\n`,
      );
      if (!socket.send(Buffer.from(fields.join("")))) throw new Error(socket.problem);
    },
    lastResort,
  );
  return { write, close: () => socket.close() };
}
