import { LibcError } from "./errno.ts";
import { libcProblem, loadLibc } from "./libc.ts";
import {
  AF_UNIX,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  sockaddrUnix,
} from "./sockaddr.ts";

/** Sends datagrams to one Unix socket, and never waits for its reader. */
export interface UnixDatagram {
  /** @returns false when it could not be delivered now: it is dropped and counted, nothing is thrown */
  send(data: Buffer): boolean;
  /** Datagrams lost since opening: the reader was behind, or away, or the datagram too large for it. */
  readonly dropped: number;
  /** The errno's name of the latest loss; undefined when the latest datagram went through. */
  readonly problem: string | undefined;
  close(): void;
}

/**
 * The reader was replaced (its socket removed, or made anew) rather than merely slow: a new
 * connection may reach the new one.
 */
const staleConnection = new Set(["ECONNREFUSED", "ENOTCONN", "ECONNRESET", "ENOENT", "EPIPE"]);

/**
 * The reader may be away: it is looked for again at each `send`.
 * @param path a file name such as `/dev/log`, or `@name` in the abstract namespace
 * @throws RangeError when the path is no Unix socket path; Error when the platform has no binding to libc
 */
export function openUnixDatagram(path: string): UnixDatagram {
  const libc = loadLibc();
  if (libc === undefined) throw libcProblem() ?? new Error("no libc");
  const address = sockaddrUnix(path);
  let fd: number | undefined;
  let dropped = 0;
  let problem: string | undefined;
  let isClosed = false;

  const disconnect = (): void => {
    if (fd !== undefined) libc.close(fd);
    fd = undefined;
  };

  const connected = (): number => {
    if (fd === undefined) {
      const fresh = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      fd = fresh;
      try {
        libc.connect(fresh, address);
      } catch (error) {
        disconnect();
        throw error;
      }
    }
    return fd;
  };

  /** @returns the errno's name, or undefined when the reader has it */
  const attempt = (data: Buffer): string | undefined => {
    try {
      libc.send(connected(), data, MSG_DONTWAIT | MSG_NOSIGNAL);
      return undefined;
    } catch (error) {
      if (!(error instanceof LibcError)) throw error;
      return error.code;
    }
  };

  return {
    send(data) {
      if (isClosed) problem = "EBADF";
      else {
        const hadConnection = fd !== undefined;
        problem = attempt(data);
        if (problem !== undefined && staleConnection.has(problem)) {
          disconnect();
          if (hadConnection) problem = attempt(data);
        }
      }
      if (problem !== undefined) dropped++;
      return problem === undefined;
    },
    get dropped() {
      return dropped;
    },
    get problem() {
      return problem;
    },
    close() {
      isClosed = true;
      disconnect();
    },
  };
}
