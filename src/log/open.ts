import type { LogTarget } from "../config/config.ts";
import type { NgIni } from "../config/ng-ini.ts";
import { openUnixDatagram } from "../native/unix-datagram.ts";
import { fileDestination } from "./file.ts";
import { isJournalStream } from "./journal-stream.ts";
import { type JournalContext, journaldDestination, journalSocket } from "./journald.ts";
import type { Destination } from "./record.ts";
import { syslogDestination } from "./syslog.ts";

/** What the file means when it names no log. */
export const defaultLog: LogTarget = { kind: "file", path: "/var/log/ldirectord.log" };

const syslogSocket = "/dev/log";

export interface OpenedLog {
  readonly destination: Destination;
  /** What to log as the first thing, when the target could not be had as asked. */
  readonly warning?: string;
}

/** The destination that `logfile=` asks for. Never throws: a log that cannot be had is replaced. */
export function openLog(target: LogTarget, instance: string, pid: number): OpenedLog {
  if (target.kind === "file") return { destination: fileDestination(target.path, instance, pid) };
  try {
    return { destination: syslogDestination(target.facility, pid, openUnixDatagram(syslogSocket)) };
  } catch (error) {
    const { destination } = openLog(defaultLog, instance, pid);
    const cause = error instanceof Error ? error.message : String(error);
    return {
      destination,
      warning: `Warning [${pid}]: syslog is out of reach (${cause}): this file is used`,
    };
  }
}

/**
 * The journal, beside the log that `logfile=` names. Undefined when it is not wanted: `auto` wants it for a
 * service of systemd, unless what it prints is in the journal already. Throws never: without a binding to libc
 * there is none.
 */
export function openJournal(
  { journal }: Pick<NgIni, "journal">,
  context: JournalContext,
  isForeground: boolean,
): Destination | undefined {
  const isWanted =
    journal === "yes" || (journal === "auto" && !isForeground && isJournalStream(process.env));
  if (!isWanted) return undefined;
  try {
    return journaldDestination(context, openUnixDatagram(journalSocket));
  } catch {
    return undefined;
  }
}
