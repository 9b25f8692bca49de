import { facilityNumber } from "../../model/log-target.ts";
import type { UnixDatagram } from "../../native/unix-datagram.ts";
import { syslogTime } from "../ctime.ts";
import { priorities } from "../events/event.ts";
import type { LogSink } from "../record.ts";
import { lossy } from "./lossy.ts";
import { writeToStderr } from "./stream.ts";

const daemonFacility = 3;

/**
 * `<PRI>Nov 22 16:47:40 ldirectord[PID]: MESSAGE`, the local form of RFC 3164 that every syslogd reads. The
 * severity is the event's own. An unknown facility becomes `daemon`: the configuration's reader has warned of it.
 */
export function syslogSink(
  facility: string,
  pid: number,
  socket: Pick<UnixDatagram, "send" | "problem" | "close">,
  lastResort: (text: string) => void = writeToStderr,
): LogSink {
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
