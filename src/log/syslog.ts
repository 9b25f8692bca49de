import type { UnixDatagram } from "../native/unix-datagram.ts";
import { syslogTime } from "./ctime.ts";
import { priorities } from "./events.ts";
import { lossy } from "./lossy.ts";
import type { Destination } from "./record.ts";
import { writeToStderr } from "./stream.ts";

/** RFC 3164 section 4.1.1; names as syslog.conf(5) writes them. */
const facilities: ReadonlyMap<string, number> = new Map([
  ["kern", 0],
  ["user", 1],
  ["mail", 2],
  ["daemon", 3],
  ["auth", 4],
  ["security", 4],
  ["syslog", 5],
  ["lpr", 6],
  ["news", 7],
  ["uucp", 8],
  ["cron", 9],
  ["authpriv", 10],
  ["ftp", 11],
  ...Array.from({ length: 8 }, (_, n): [string, number] => [`local${n}`, 16 + n]),
]);
const daemonFacility = 3;

/** @param name `local0`, `LOCAL0` or `LOG_LOCAL0` @returns undefined for a name that syslog does not have */
export const facilityNumber = (name: string): number | undefined =>
  facilities.get(name.toLowerCase().replace(/^log_/, ""));

/**
 * `<PRI>Nov 22 16:47:40 ldirectord[PID]: MESSAGE`, the local form of RFC 3164 that every syslogd reads. The
 * severity is the event's own. An unknown facility becomes `daemon`: the configuration's reader has warned of it.
 */
export function syslogDestination(
  facility: string,
  pid: number,
  socket: Pick<UnixDatagram, "send" | "problem" | "close">,
  lastResort: (text: string) => void = writeToStderr,
): Destination {
  const base = (facilityNumber(facility) ?? daemonFacility) * 8;
  const write = lossy(
    "syslog",
    (line, { time, severity }) => {
      const priority = base + priorities[severity];
      const text = `<${priority}>${syslogTime(time)} ldirectord[${pid}]: ${line}`;
      if (!socket.send(Buffer.from(text))) throw new Error(socket.problem);
    },
    lastResort,
  );
  return { write, close: () => socket.close() };
}
