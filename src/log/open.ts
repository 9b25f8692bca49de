import { messageOf } from "../model/error-text.ts";
import type { LogFormat, LogTarget } from "../model/log-target.ts";
import { openUnixDatagram } from "../native/unix-datagram.ts";
import type { LogContext } from "./entry.ts";
import { json } from "./json-format.ts";
import { dated, datedWithInstance } from "./line-format.ts";
import type { LogSink } from "./record.ts";
import { fileSink } from "./sinks/file.ts";
import { isJournalStream } from "./sinks/journal-stream.ts";
import { journaldSink, journalSocket } from "./sinks/journald.ts";
import { supervisedSink } from "./sinks/stream.ts";
import { syslogSink } from "./sinks/syslog.ts";

/** What the file means when it names no log. */
export const defaultLog: LogTarget = { kind: "file", path: "/var/log/ldirectord.log" };

const syslogSocket = "/dev/log";

export interface OpenedLog {
  readonly sink: LogSink;
  /** What to log as the first thing, when the target could not be had as asked. */
  readonly warning?: string;
}

/**
 * The destination that `logfile=` asks for. Never throws: a log that cannot be had is replaced.
 * @param format syslog, whose messages are lines of text, has the text anyhow
 */
export function openLog(
  target: LogTarget,
  format: LogFormat,
  context: LogContext,
  pid: number,
): OpenedLog {
  if (target.kind === "file") {
    const lines = format === "json" ? json(context, pid) : datedWithInstance(context.instance, pid);
    return { sink: fileSink(target.path, lines) };
  }
  try {
    return { sink: syslogSink(target.facility, pid, openUnixDatagram(syslogSocket)) };
  } catch (error) {
    return {
      ...openLog(defaultLog, format, context, pid),
      warning: `Warning [${pid}]: syslog is out of reach (${messageOf(error)}): this file is used`,
    };
  }
}

/** Standard output, for a daemon under supervision. */
export const openSupervised = (format: LogFormat, context: LogContext, pid: number): LogSink =>
  supervisedSink(1, format === "json" ? json(context, pid) : dated);

/**
 * The journal, beside the log that `logfile=` names. Undefined when it is not wanted: `auto` wants it for a
 * service of systemd, unless what it prints is in the journal already. Never throws.
 * @param onTrouble told why there is none although it is wanted (no binding to libc)
 */
export function openJournal(
  journal: "yes" | "no" | "auto",
  context: LogContext,
  isForeground: boolean,
  onTrouble: (why: string) => void,
): LogSink | undefined {
  const isWanted =
    journal === "yes" || (journal === "auto" && !isForeground && isJournalStream(process.env));
  if (!isWanted) return undefined;
  try {
    return journaldSink(context, openUnixDatagram(journalSocket));
  } catch (error) {
    onTrouble(`the journal is out of reach: ${messageOf(error)}`);
    return undefined;
  }
}
